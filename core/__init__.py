"""What should be done? Pure rules: no clock, network, database, orchestrator or randomness inside."""
