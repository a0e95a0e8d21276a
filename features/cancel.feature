Feature: Cancel a job

  Background:
    Given ada has an API key

  Scenario: A waiting job is cancelled at once, and never runs
    Given ada's job on the simulator that lasts 30 seconds is RUNNING
    And ada submits "X(1)" to the device "simulator"
    When ada cancels the job
    Then the job is CANCELLED already
    And it was never started

  Scenario: A running job is asked to stop
    Given ada's job on the simulator that lasts 30 seconds is RUNNING
    When ada cancels the job
    Then its last state is CANCELLED
    And its one attempt ended as cancelled

  Scenario: What is over cannot be cancelled
    Given ada's job "X(180)" is COMPLETED
    When ada cancels the job
    Then the answer is refused with 409 and the code "not-cancellable"
