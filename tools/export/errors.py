class ExportError(Exception):
    """What is wrong with the model or the options, and what to do; shown without a stack trace."""
