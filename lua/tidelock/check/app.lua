--- app.lua: an app as `tidelock check` looks at it: its source files, and what it declares when it is loaded. May use: mixin, native,
-- pages, parser, syntax, Lua's io.

local mixin = require "tidelock.mixin"
local native = require "tidelock.native"
local pages = require "tidelock.pages"
local parser = require "tidelock.check.parser"
local syntax = require "tidelock.check.syntax"

local app = {}

-- Sources ---------------------------------------------------------------------------------------

local function text_of(path)
  local file, err = io.open(path, "rb")
  local text = file and file:read "a"
  if file then file:close() end
  return text, err
end

-- The names that a file gives to `require`.
local function required_by(tree)
  local out = {}
  syntax.walk(tree.body, function(node)
    local fn, first = node.tag == "Call" and node.fn, node.args and node.args[1]
    if fn and fn.tag == "Name" and fn.name == "require" and first and first.tag == "String" then out[#out + 1] = first.value end
  end)
  return out
end

-- As the host looks for an app's own modules.
local function path_of_module(folder, name)
  for _, ending in ipairs { ".lua", "/init.lua" } do
    local path = folder .. name:gsub("%.", "/") .. ending
    if text_of(path) then return path end
  end
end

local function add_file(sources, path)
  local tree, problem = parser.parse(text_of(path) or "")
  local file = { path = path, tree = tree }
  if not tree then
    sources.problems[#sources.problems + 1] = { path = path, line = problem.line, col = problem.col, message = problem.syntax }
    return
  end
  sources.files[#sources.files + 1] = file
  for _, name in ipairs(required_by(tree)) do
    local module = not sources.seen[name] and path_of_module(sources.folder, name)
    sources.seen[name] = true
    if module then sources.modules[name] = add_file(sources, module) end
  end
  return file
end

---Reads main.lua, and those modules of its folder that it requires, directly or not.
---@param main string its path
---@return { files: table[], modules: table<string, table>, problems: table[] } problems: of the syntax
function app.read(main)
  local sources = { folder = main:match "^(.*/)" or "", files = {}, modules = {}, seen = {}, problems = {} }
  add_file(sources, main)
  return sources
end

-- Loading ---------------------------------------------------------------------------------------

local function classes_of(app_table)
  local out = {}
  for name, class in pairs(app_table.classes or {}) do
    local members = {}
    for _, member in ipairs(native.class_names(class)) do members[member] = native.class_member(class, member) end
    out[name] = { name = name, members = members }
  end
  return out
end

-- Which states have something of which mixin, by the place where it was made.
local function users_of(app_table)
  local out = {}
  for class, from in pairs(app_table.mixed or {}) do
    for _, m in pairs(from) do
      local place = mixin.place(m)
      out[place] = out[place] or {}
      out[place][class] = true
    end
  end
  return out
end

local function offered_by(app_table)
  local out = {}
  for _, page in ipairs(pages.declared(app_table).pages) do
    for _, handler in ipairs(page.offers or {}) do out[handler] = true end
    for _, event in ipairs(page.on_load or {}) do out[event.handler] = true end
  end
  return out
end

-- The line that an error is about: in its text, before or behind, or in the error value.
local function place_of(err)
  local text = type(err) == "table" and err.message or tostring(err)
  local place = type(err) == "table" and err.where
  local path, line, rest = text:match "^([^\n]-):(%d+): (.*)$"
  if not path and place then
    path, line = place:match "^(.*):(%d+)$"
    rest = text:gsub("%s*%(" .. place:gsub("%p", "%%%0") .. "%)$", "")
  end
  return path, tonumber(line), rest or text
end

---Loads the app as `tidelock run` does, asks what it declares, and ends it.
---@param main string
---@return { classes: table, offered: table<string, boolean>, users: table<string, table<string, true>> }|nil declared nil: it does not load
---@return { path: string, line: integer, col: integer, message: string }|nil problem
function app.load(main)
  local ok, err = pcall(native.app_load, main)
  if not ok then
    local path, line, message = place_of(err)
    return nil, { path = path or main, line = line or 1, col = 1, message = "the app does not load: " .. message:match "[^\n]*" }
  end
  local app_table = native.app_table()
  local declared = { classes = classes_of(app_table), offered = offered_by(app_table), users = users_of(app_table) }
  native.app_close()
  return declared
end

return app
