"""FastAPI: people and programs ask, actions answer."""
