std = "lua54"
max_line_length = 140
files["spec/**/*.lua"].std = "+busted"
files["app/**/*_spec.lua"].std = "+busted"
-- Apps assign functions to state classes and take `self` for granted.
ignore = { "212/self" }
