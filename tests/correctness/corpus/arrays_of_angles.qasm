// Arrays: first values, elements, rows, sizes, loops over them, and as what a subroutine changes.
// expect 101 1
OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
bit[3] c;
array[float[64], 3] angles = {pi, 0.5, pi / 2};
array[int[8], 2, 2] table = {{0, 1}, {2, 1 + 1}};
const uint[8] length = sizeof(angles);
array[int[8], 2] row = table[1];
angles[1] = 0;
angles[table[1, 0]] = 2 * angles[2];
row[0] = 0;
def fill(mutable array[int[8], #dim = 1] to, int value) {
  for int i in [0:sizeof(to) - 1] { to[i] = value; }
}
for int i in [0:length - 1] { ry(angles[i]) q[i]; }
array[int[8], 3] counts;
fill(counts, 2);
for int count in counts { for int again in [1:count] { x q[1]; } }
for float turn in {pi / 2, pi / 2} { rx(turn) q[1]; }
if (table[1][0] == 2 && row[0] == 0) { x q[1]; }
uint[4] number = 10;
for int i in [0:3] { if (number[i] == 1) { z q[0]; } }
c = measure q;
