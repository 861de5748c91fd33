--- arguments.lua: what the command line of `tidelock test` says: options of our own, and busted's.
--
-- busted's file `.busted` may set any of them. May use: schedules, busted.

local schedules = require "tidelock.schedules"

local arguments = {}

arguments.DEFAULT_OUTPUT = "tidelock"

local function count(text)
  local n = math.tointeger(tonumber(text))
  return n and n >= 0 and n or nil
end

local function seconds(text)
  local n = tonumber(text)
  return n and n > 0 and n < math.huge and n or nil
end

local function any(text) return text ~= "" and text or nil end

-- Options of our own: the name of the value, what it is for, and how it is read: nil where it is none. `may`: goes without a value.
local own = {
  schedules = { "N", "run each test in N random orders of what is ready, besides the ordinary one", count },
  ["time-limit"] = { "SECONDS", "real time that a test may take", seconds },
  replay = { "ORDER", "run each test in this one order, as a failure names it: 17, or 4:1,9:2", schedules.parse },
  name = { "NAME", "only run the test of this full name; may be repeated", any, repeated = true },
  watch = { nil, "run again whenever a file of the app or its specs changes; Ctrl-C ends" },
  coverage = { "FILE", "tell which lines of the app ran; FILE has them all (coverage.out; *.info: for lcov)", any, may = true },
}

-- What busted has, and what cannot be here: one line each of its help.
local absent = { ["--lua"] = true, ["--ignore-lua"] = true, ["--loaders"] = true, ["--coverage-config-file"] = true,
  ["--enable-sound"] = true, ["--no-enable-sound"] = true, ["-s"] = true, ["--no-coverage"] = true }

local function wrong(text, ...) return nil, ("tidelock test: " .. text):format(...) end

local function add(mine, name, option, v)
  if option.repeated then
    mine[name] = mine[name] or {}
    table.insert(mine[name], v)
  else
    mine[name] = v
  end
end

-- The option of ours at i, if it is one: how many words it takes, or nil and what is wrong.
local function take(mine, args, i)
  local name, equals, value = args[i]:match "^%-%-([%w-]+)(=?)(.*)$"
  if args[i] == "-c" then name, equals, value = "coverage", "", "" end
  local option = name and own[name]
  if not option then return 0 end
  local words = 1
  if not option[1] or option.may and equals == "" then
    if equals == "=" then return wrong("--%s takes no value", name) end
    mine[name] = true
    return 1
  end
  if equals == "" then value, words = args[i + 1] or "", 2 end
  local v = option[3](value)
  if v == nil then return wrong("--%s %s: %q is none", name, option[1], value) end
  add(mine, name, option, v)
  return words
end

-- Takes our own options out of the arguments; the rest is busted's.
local function take_own(args)
  local mine, rest, i = {}, {}, 1
  while i <= #args do
    local words, err = take(mine, args, i)
    if not words then return nil, err end
    if words == 0 then
      local name = args[i]:match "^[^=]+" or ""
      if absent[name] then return wrong("there is no %s here; tidelock test -h lists what there is", name) end
      rest[#rest + 1] = args[i]
    end
    i = i + math.max(words, 1)
  end
  return mine, rest
end

-- Help ------------------------------------------------------------------------------------------

local function own_help()
  local lines = {}
  for name, option in pairs(own) do
    local value = not option[1] and "" or option.may and ("[=%s]"):format(option[1]) or "=" .. option[1]
    lines[#lines + 1] = ("  %-28s %s"):format("--" .. name .. value, option[2])
  end
  table.sort(lines)
  return "\nOF TIDELOCK'S OWN:\n" .. table.concat(lines, "\n")
end

-- Without the entries of what is not here: an entry begins with its name, two spaces in, and goes on in lines that are indented more.
local function without_absent(help)
  local kept, skipping = {}, false
  for line in (help .. "\n"):gmatch "(.-)\n" do
    local entry = line:match "^  (%-%S.*)"
    if entry then
      skipping = false
      for name in entry:gsub("%[no%-%]", ""):gmatch "%-%-?[%w-]+" do skipping = skipping or absent[name] or name == "--coverage" end
    elseif not line:match "^   " then
      skipping = false
    end
    if not skipping then kept[#kept + 1] = line end
  end
  return table.concat(kept, "\n")
end

-- busted's parser gives its help as an error.
local function help_in(err)
  local help = err:match "^tidelock test: error: (Usage: .*); re%-run with %-%-help for usage%.$"
  return help and without_absent(help) .. own_help()
end

-- All of it -------------------------------------------------------------------------------------

-- What the file .busted says of our own options.
local function take_configured(mine, parsed)
  for name, option in pairs(own) do
    local v = parsed[name]
    if mine[name] == nil and v ~= nil and v ~= false and name ~= "watch" then
      if v ~= true and option[3] then
        local read = option[3](tostring(v))
        if read == nil then return wrong(".busted: %s: %q is none", name, tostring(v)) end
        add(mine, name, option, read)
      else
        mine[name] = v
      end
    end
  end
  return mine
end

local function is_output(name)
  if name:find "%.lua$" then return require "pl.path".isfile(name) end
  return name == arguments.DEFAULT_OUTPUT or require("tidelock.outputs")[name:lower()] ~= nil
    or package.searchpath("busted.outputHandlers." .. name, package.path) ~= nil or package.searchpath(name, package.path) ~= nil
end

---What is asked for: busted's options by name, and ours in `mine`; or nil, what is to be told, and whether that is the help.
---@param args string[]
---@return table|nil parsed
---@return string|nil message
---@return boolean|nil is_help
function arguments.parse(args)
  local mine, rest = take_own(args)
  if not mine then return nil, rest, false end
  local cli = require "busted.modules.cli" { output = arguments.DEFAULT_OUTPUT }
  cli:set_name "tidelock test"
  local parsed, err = cli:parse(rest)
  if not parsed then return nil, help_in(err) or err, help_in(err) ~= nil end
  if parsed.version then return nil, "busted " .. require "busted.core"().version, true end
  mine, err = take_configured(mine, parsed)
  if not mine then return nil, err, false end
  if not is_output(parsed.output) then
    local there = "there is json, TAP, junit, what busted has (plainTerminal, utfTerminal, gtest), and a file of your own (x.lua)"
    return nil, ("tidelock test: -o %s: %s"):format(parsed.output, there), false
  end
  parsed.mine = mine
  return parsed
end

return arguments
