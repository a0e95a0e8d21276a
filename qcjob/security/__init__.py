"""Who asks: API keys today; tokens and payload sealing belong here too."""
