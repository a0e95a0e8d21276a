Feature: A restart keeps every job
  An accepted job is never lost: not when everything is stopped, and not when a worker dies with it.

  Background:
    Given ada has an API key

  Scenario: A worker that is killed in the middle of a job loses nothing
    Given ada's job on the simulator that lasts 2 seconds is RUNNING
    When the simulator's worker is killed
    Then its last state is COMPLETED
    And the job says that its first worker was lost

  Scenario: Finished, waiting and running jobs are there after a restart
    Given ada's job "X(180)" is COMPLETED
    And ada's job on the simulator that lasts 3 seconds is RUNNING
    And ada submits "X(180)" to the device "simulator"
    When everything is stopped and started again
    Then ada's key still opens the door
    And every job ends as COMPLETED
