--- check.lua: `tidelock check [FILE|DIR ...]`: looks for mistakes in apps that their text shows.
--
-- An app is loaded as `tidelock run` does it, so that its states, handlers and pages are known as they are; its sources are
-- parsed, and each rule goes through them. A rule says nothing about what it does not know for sure.
-- May use: check.app, check.values, the rules beside them, native, luv.

local app = require "tidelock.check.app"
local blocks = require "tidelock.check.blocks"
local drops = require "tidelock.check.drops"
local names = require "tidelock.check.names"
local offers = require "tidelock.check.offers"
local uv = require "luv"
local values = require "tidelock.check.values"
local vars = require "tidelock.check.vars"

local check = {}

---@class check.Finding
---@field path string
---@field line integer
---@field col integer in bytes, from 1
---@field message string what is wrong, and what to do
---@field warning boolean|nil whether it may well be meant so

-- One app ---------------------------------------------------------------------------------------

local function by_place(a, b)
  if a.path ~= b.path then return a.path < b.path end
  if a.line ~= b.line then return a.line < b.line end
  if a.col ~= b.col then return a.col < b.col end
  return a.message < b.message
end

-- Where a rule has found what the app stumbled over, that says it better.
local function add_load_problem(findings, problem)
  for _, finding in ipairs(findings) do
    if finding.path == problem.path and finding.line == problem.line and not finding.warning then return end
  end
  findings[#findings + 1] = problem
end

local function apply_rules(sources, declared, problem, add)
  local known = values.new(sources, declared, problem)
  for _, file in ipairs(sources.files) do
    local function report(at, message) add(file, at, message) end
    local function warn(at, message) add(file, at, message, true) end
    for _, rule in ipairs { names, vars, blocks, drops } do rule.check(known, report, file, warn) end
  end
  if declared then
    offers.check(known, declared.offered, function(at, message, file) add(file, at, message, true) end)
  end
end

---Checks one app.
---@param main string the path of its main.lua
---@return check.Finding[] findings in the order of the source
---@return integer files how many were read
function check.app(main)
  local sources = app.read(main)
  if #sources.problems > 0 then return sources.problems, #sources.files + #sources.problems end
  local declared, problem = app.load(main)
  local findings = {}
  apply_rules(sources, declared, problem, function(file, at, message, warning)
    findings[#findings + 1] = { path = file.path, line = at.line, col = at.col, message = message, warning = warning }
  end)
  if problem then add_load_problem(findings, problem) end
  table.sort(findings, by_place)
  return findings, #sources.files
end

-- The command -----------------------------------------------------------------------------------

local function kind_of(path)
  local stat = uv.fs_stat(path)
  return stat and stat.type
end

local function folders_in(path)
  local out, entries = {}, uv.fs_scandir(path)
  while entries do
    local name, kind = uv.fs_scandir_next(entries)
    if not name then break end
    if kind == "directory" then out[#out + 1] = name end
  end
  table.sort(out)
  return out
end

-- The app in a folder, or the apps in the folders of it.
local function apps_in(folder)
  local prefix = folder == "." and "" or folder:gsub("/*$", "/")
  if kind_of(prefix .. "main.lua") == "file" then return { prefix .. "main.lua" } end
  local out = {}
  for _, name in ipairs(folders_in(folder)) do
    local main = ("%s%s/main.lua"):format(prefix, name)
    if kind_of(main) == "file" then out[#out + 1] = main end
  end
  return out
end

-- The main.lua files that an argument means; or nil, and what is wrong with it.
local function apps_of(argument)
  if argument:sub(1, 1) == "-" then return nil, "unknown option " .. argument end
  local kind = kind_of(argument)
  if kind == "file" then return { argument } end
  if kind ~= "directory" then return nil, argument .. ": no such file or folder" end
  local found = apps_in(argument)
  if #found == 0 then return nil, ("%s: there is no main.lua in this folder, or in one of its folders"):format(argument) end
  return found
end

local function all_apps(args)
  local out = {}
  for _, argument in ipairs(#args > 0 and args or { "." }) do
    local found, err = apps_of(argument)
    if not found then return nil, err end
    table.move(found, 1, #found, #out + 1, out)
  end
  return out
end

local function counted(n, what) return ("%d %s%s"):format(n, what, n == 1 and "" or "s") end

---Prints the findings as file:line:col: message, and last how many there are.
---@param args string[] files and folders
---@return integer code 0: no errors (there may be warnings), 1: errors, 2: wrong usage
function check.run(args)
  local apps, err = all_apps(args)
  if not apps then
    io.stderr:write("tidelock: ", err, "\nTry tidelock --help.\n")
    return 2
  end
  local errors, warnings, files = 0, 0, 0
  for _, main in ipairs(apps) do
    local findings, read = check.app(main)
    files = files + read
    for _, finding in ipairs(findings) do
      if finding.warning then warnings = warnings + 1 else errors = errors + 1 end
      print(("%s:%d:%d: %s%s"):format(finding.path, finding.line, finding.col, finding.warning and "warning: " or "", finding.message))
    end
  end
  print(("%s and %s in %s"):format(counted(errors, "error"), counted(warnings, "warning"), counted(files, "file")))
  return errors > 0 and 1 or 0
end

return check
