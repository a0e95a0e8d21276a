Feature: A wrong program is refused in the answer
  Everything that is wrong is said at once, with its place, while the person waits.

  Background:
    Given ada has an API key

  Scenario Outline: A fault is named with its line and column
    When ada submits the program <program>
    Then the answer is refused with <status> and the code "<code>"
    And it shows a fault "<code>" at line <line>, column <column>

    Examples:
      | program           | status | code               | line | column |
      | ""                | 422    | empty-program      | 1    | 1      |
      | "X(90) Y(90)"     | 422    | missing-comma      | 1    | 7      |
      | "X(90),\nQ(90)"   | 422    | unknown-axis       | 2    | 1      |
      | "x(90)"           | 422    | unknown-axis       | 1    | 1      |
      | "X(90), X(ninety)"| 422    | malformed-rotation | 1    | 8      |
      | "X(1e400)"        | 422    | angle-out-of-range | 1    | 1      |

  Scenario: All faults come at once
    When ada submits the program "X(90) Y(90), Q(1),\n X(nan)"
    Then it shows a fault "missing-comma" at line 1, column 7
    And it shows a fault "unknown-axis" at line 1, column 14
    And it shows a fault "malformed-rotation" at line 2, column 2

  Scenario: A wrong field is told what is allowed
    When ada submits "X(90)" with runtime "telepathy" and 10 shots
    Then the answer is refused with 422 and the code "invalid-request"
    And the field "runtime" may be one of verbatim, optimized, simulated, echo

  Scenario: Nothing that was refused is recorded
    When ada submits the program "Q(90)"
    Then ada has no jobs
