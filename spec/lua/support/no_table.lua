return "no functions"
