Feature: Follow a job without asking all the time

  Background:
    Given ada has an API key

  Scenario: One waits for the next change instead of asking again and again
    Given ada's job on the simulator that lasts 30 seconds is RUNNING
    When ada waits up to 1 second for a change of the job
    Then the answer says that nothing changed
    And she was kept waiting for about 1 second

  Scenario: A waiting job knows its place in the queue
    Given ada's job on the simulator that lasts 30 seconds is RUNNING
    When ada submits "X(1)" to the device "simulator"
    And ada submits "X(2)" to the device "simulator"
    Then the job is WAITING at position 2, with 1 ahead

  Scenario: The counts are not there before the end
    Given ada's job on the simulator that lasts 30 seconds is RUNNING
    Then its result is refused with 409 and the code "result-not-ready"
