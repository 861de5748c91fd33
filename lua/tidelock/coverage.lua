--- coverage.lua: `tidelock test --coverage`: which lines of the app's files ran.
--
-- Each line's first statement counts, in the text that is compiled: so lines of coroutines count, hooks are free for others, and
-- nothing is paid without it. Line numbers stay. A line is code when a statement begins in it. May use: check.parser, check.syntax, native, values, where.

local native = require "tidelock.native"
local values = require "tidelock.values"
local where = require "tidelock.where"

where.register()

local coverage = {}

---@class tl.Covered a file of the app
---@field path string
---@field text string
---@field hits table<integer, integer> by line: how often it ran; nil: no code

local files = {} -- list
local by_path = {}

-- Counting --------------------------------------------------------------------------------------

local NAME <const> = "__tidelock_line"

-- The first statement of each line: line -> column.
local function statements_of(tree, syntax)
  local first = {}
  syntax.walk(tree.body, function(node)
    local at = node.first
    if at and node.tag ~= "Label" then first[at.line] = math.min(first[at.line] or at.col, at.col) end
  end)
  return first
end

local function lines_of(text)
  local lines = {}
  for line in (text:gsub("\r\n", "\n") .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line end
  if lines[#lines] == "" then lines[#lines] = nil end
  return lines
end

-- The text that counts, and the lines that are code; nil where it cannot be read: then Lua tells what is wrong with it.
local function counting(text)
  local parser = require "tidelock.check.parser"
  local syntax = require "tidelock.check.syntax"
  local lines = lines_of(text)
  if lines[1] and lines[1]:sub(1, 1) == "#" then lines[1] = "" end
  local tree = parser.parse(table.concat(lines, "\n") .. "\n")
  if not tree then return nil end
  local first = statements_of(tree, syntax)
  for line, col in pairs(first) do
    lines[line] = ("%s%s[%d]=%s[%d]+1;%s"):format(lines[line]:sub(1, col - 1), NAME, line, NAME, line, lines[line]:sub(col))
  end
  return ("local %s=...return function(...)%s\nend"):format(NAME, table.concat(lines, "\n")), first
end

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read "a"
  if file then file:close() end
  return text
end

-- A file that has changed meanwhile, in a spec that writes it, counts anew.
local function covered(path, text)
  local known = by_path[path]
  if known and known.text == text then return known end
  local code, first = counting(text)
  if not code then return nil end
  local made = known or { path = path }
  if not known then files[#files + 1] = made end
  made.text, made.code, made.hits = text, code, {}
  for line in pairs(first) do made.hits[line] = 0 end
  by_path[path] = made
  return made
end

local function load_counting(path, env)
  local text = read(path)
  local file = text and covered(path, text)
  local chunk = file and load(file.code, "@" .. path, "t", env)
  return chunk and chunk(file.hits) or nil
end

-- Telling ---------------------------------------------------------------------------------------

-- "3-5, 9": lines of code that did not run; those with no code between go together.
local function missed(file, most)
  local ranges, from, last = {}, nil, nil
  for _, line in ipairs(values.sorted_keys(file.hits)) do
    if file.hits[line] == 0 then
      from, last = from or line, line
    elseif from then
      ranges[#ranges + 1], from = from == last and tostring(from) or ("%d-%d"):format(from, last), nil
    end
  end
  if from then ranges[#ranges + 1] = from == last and tostring(from) or ("%d-%d"):format(from, last) end
  local rest = #ranges - most
  if rest > 0 then ranges = table.move(ranges, 1, most, 1, {}) end
  return table.concat(ranges, ", ") .. (rest > 0 and (" and %d more"):format(rest) or "")
end

local function count(file)
  local all, ran = 0, 0
  for _, n in pairs(file.hits) do all, ran = all + 1, ran + (n > 0 and 1 or 0) end
  return ran, all
end

local function percent(ran, all) return all == 0 and "100.0 %" or ("%.1f %%"):format(math.floor(ran * 1000 / all) / 10) end

local function summary(out)
  if #files == 0 then
    out:write "coverage: no file of an app was loaded\n"
    return
  end
  local width, ran_in_all, all_in_all = 0, 0, 0
  for _, file in ipairs(files) do
    width = math.max(width, #file.path)
    local ran, all = count(file)
    ran_in_all, all_in_all = ran_in_all + ran, all_in_all + all
  end
  out:write(("coverage: %s of %d lines\n"):format(percent(ran_in_all, all_in_all), all_in_all))
  for _, file in ipairs(files) do
    local ran, all = count(file)
    local not_run = missed(file, 8)
    out:write(("  %-" .. width .. "s  %7s%s\n"):format(file.path, percent(ran, all), not_run ~= "" and "  not run: " .. not_run or ""))
  end
end

-- As gcov has it: how often, the line's number, its text. #####: never; -: no code.
local function annotated(out)
  for i, file in ipairs(files) do
    local ran, all = count(file)
    out:write(i > 1 and "\n" or "", ("%s: %s, %d of %d lines\n"):format(file.path, percent(ran, all), ran, all))
    for number, line in ipairs(lines_of(file.text)) do
      local hits = file.hits[number]
      out:write(("%9s:%5d:%s\n"):format(hits == nil and "-" or hits == 0 and "#####" or hits, number, line))
    end
  end
end

local function lcov(out)
  for _, file in ipairs(files) do
    out:write("TN:\nSF:", file.path, "\n")
    for _, line in ipairs(values.sorted_keys(file.hits)) do out:write(("DA:%d,%d\n"):format(line, file.hits[line])) end
    local ran, all = count(file)
    out:write(("LF:%d\nLH:%d\nend_of_record\n"):format(all, ran))
  end
end

---From now on the app's files count.
---@param path string where all lines go in the end; *.info: for lcov. Raises where it cannot be written
---@return fun(summary_to: file*|nil) finish tells
function coverage.start(path)
  local out = assert(io.open(path, "w"))
  native.load_by(load_counting)
  return function(summary_to)
    native.load_by(nil)
    table.sort(files, function(a, b) return a.path < b.path end)
    if path:find "%.info$" then lcov(out) else annotated(out) end
    out:close()
    if summary_to then summary(summary_to) end
  end
end

return coverage
