std = "lua54"
max_line_length = 160
exclude_files = { "spec/cli/apps", "fuzz" }
-- Apps assign functions to state classes and take `self` for granted; a table may be there to keep what is in it alive.
ignore = { "212/self", "241" }
files["lua/template/*_spec.lua"].std = "+busted"
files["app/**/*_spec.lua"].std = "+busted"
files["app/races/wrong.lua"].std = "+busted"
files["app/races/mended.lua"].std = "+busted"
files["spec/**/*.lua"] = {
  std = "+busted",
  -- Specs do on purpose what a program would not: assign what nobody reads, loop once, lose a value.
  ignore = { "211", "311", "331", "512", "531", "532" },
}
files["lua/types/*.lua"] = { ignore = { "212", "211", "631" } } -- functions without bodies
