// Greek, Cyrillic and Chinese names, π for an angle, and a gate of the program's own among them.
// expect 11 1
OPENQASM 3.0;
include "stdgates.inc";
const float θ = π / 2 + τ - 2 * π;
gate поворот(φ) 位 { rx(φ) 位; }
qubit[2] 量子;
bit[2] ответ;
поворот(θ) 量子[0];
поворот(π - θ) 量子[0];
cx 量子[0], 量子[1];
delay[1µs] 量子;
ответ = measure 量子;
