"""The methods as other libraries have them: by their names, with their defaults, in their formula."""
