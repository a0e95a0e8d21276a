Feature: Submit a program and read its counts
  A person sends a program over HTTP, follows the job, and reads what the device measured.

  Background:
    Given ada has an API key

  Scenario: A job runs to its end
    When ada submits "X(90),Y(90), X(180)" with runtime "verbatim" and 500 shots
    Then the job is accepted
    And its last state is COMPLETED
    And it passed through WAITING, SUBMITTED, RUNNING, COMPLETED
    And its counts add up to 500

  Scenario: A qubit that is turned over is always read as 1
    When ada submits "X(180)" with runtime "optimized" and 100 shots
    Then its last state is COMPLETED
    And its counts are 100 times "1"

  Scenario: The device is the runtime's when it is not named
    When ada submits "X(180)" with runtime "simulated" and 10 shots
    Then its last state is COMPLETED
    And it ran on the device "ideal"

  Scenario: The same request sent again is the same job
    When ada submits "X(90)" under the idempotency key "once"
    And ada submits "X(90)" under the idempotency key "once"
    Then both answers speak of the same job

  Scenario: A key stands for one request only
    When ada submits "X(90)" under the idempotency key "one-thing"
    And ada submits "Y(90)" under the idempotency key "one-thing"
    Then the answer is refused with 422 and the code "idempotency-key-reused"

  Scenario: A job can be asked to fail, for people who write clients
    When ada submits "X(90)" with runtime "echo" and the option error "cryostat-warm"
    Then its last state is FAILED
    And its error code is "cryostat-warm"
    And its result is refused with 409 and the code "no-result"
