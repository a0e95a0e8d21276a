Feature: A job is its owner's alone

  Background:
    Given ada has an API key
    And grace has an API key

  Scenario: Somebody else's job looks like one that does not exist
    Given ada's job "X(180)" is COMPLETED
    Then grace is told that there is no such job when she asks for it, its result or its program
    And grace cannot cancel it
    And grace's list does not show it

  Scenario: Without a key nothing is told
    Given ada's job "X(180)" is COMPLETED
    Then somebody without a key is refused with 401 and the code "not-authenticated"
