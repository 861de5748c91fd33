--- page.lua: `tl.page`, `tl.head`, `tl.assets`, `tl.on`: what an app declares about its pages.
--
-- Pages are declared while main.lua loads; pages.lua builds and serves them. The host reaches its
-- functions through this module, too: `page.finish`, `page.lookup`, `page.html`.
-- May use: kinds, where, html, pages, route, trigger, var, native, near.

local html = require "tidelock.html"
local kinds = require "tidelock.kinds"
local native = require "tidelock.native"
local near = require "tidelock.near"
local pages = require "tidelock.pages"
local route = require "tidelock.route"
local trigger = require "tidelock.trigger"
local var = require "tidelock.var"
local where = require "tidelock.where"

where.register()

local page = { on = trigger.on }

local declared = pages.declared

local function open_app(what)
  local app = native.app_table()
  if not app then where.fail("%s belongs into an app's main.lua", what) end
  if native.frozen() or where.page then where.fail("%s: pages are declared while main.lua loads", what) end
  return app
end

-- tl.page ---------------------------------------------------------------------------------------

local function collect_on_load(out, v)
  local kind = kinds.of(v)
  if kind == "event" then
    out[#out + 1] = v
  elseif type(v) == "table" and not kind and #v > 0 then
    for _, event in ipairs(v) do collect_on_load(out, event) end
  else
    where.fail("tl.page: on_load is an event (Job.load), a bound one or a list of these, got %s", kinds.describe(v))
  end
  return out
end

local function checked_title(v)
  if kinds.of(v) == "var" then
    var.operand(v, "tl.page: title")
    return v
  end
  if type(v) ~= "string" or not utf8.len(v) then
    where.fail("tl.page: title is a string or a Var, got %s", kinds.describe(v))
  end
  return v
end

local page_options = {
  title = checked_title,
  on_load = function(v) return collect_on_load({}, v) end,
  style = function(v)
    if type(v) ~= "boolean" then where.fail("tl.page: style is true or false, got %s", kinds.describe(v)) end
    return v
  end,
}

local function checked_options(opts)
  local out = {}
  for name, value in pairs(opts) do
    local check = page_options[name]
    if not check then
      where.fail("tl.page: unknown option %s%s", tostring(name), near.option(name, page_options))
    end
    out[name] = check(value)
  end
  return out
end

local function add_page(app, text, opts, fn)
  local parsed, err = route.parse(text)
  if not parsed then where.fail("tl.page: %q: %s", text, err) end
  local known, shape = declared(app), route.shape(parsed)
  if known.by_shape[shape] then
    where.fail("tl.page: %q is declared already at %s", text, known.by_shape[shape].where)
  end
  local entry = { route = text, parsed = parsed, fn = fn, where = where.here(), opts = opts }
  known.by_shape[shape] = entry
  known.pages[#known.pages + 1] = entry
end

---Declares a page.
---@param text string the route: "/", "/post/[id]", "/docs/[[...rest]]", or "404"
---@param opts { title: string|tl.Var, on_load: any, style: boolean }|nil may be left out
---@param fn fun(): any returns the page's element; runs once
function page.page(text, opts, fn)
  if fn == nil and type(opts) == "function" then opts, fn = nil, opts end
  local app = open_app "tl.page"
  if type(text) ~= "string" then where.fail("tl.page: the route is a string, got %s", kinds.describe(text)) end
  if opts ~= nil and type(opts) ~= "table" then
    where.fail("tl.page: options: a table, got %s", kinds.describe(opts))
  end
  if type(fn) ~= "function" then
    where.fail("tl.page: the last argument is a function that returns the page's element, got %s",
      kinds.describe(fn == nil and opts or fn))
  end
  add_page(app, text, checked_options(opts or {}), fn)
end

-- tl.head, tl.assets ----------------------------------------------------------------------------

local function check_head_element(node)
  if kinds.of(node) ~= "node" or not node.head_only then
    where.fail("tl.head takes ui.meta, ui.link, ui.base, got %s",
      kinds.of(node) == "node" and tostring(node) or kinds.describe(node))
  end
  for name, v in pairs(node.attrs) do
    if type(v) == "table" then where.fail("tl.head: ui.%s: %s cannot change with a tab's state", node.tag, name) end
  end
end

local function script_element(path)
  if type(path) ~= "string" or html.is_unsafe_url(path) then
    where.fail("tl.head: script is the path of a file, got %s", kinds.describe(path))
  end
  return { tag = "script", attrs = { src = path, defer = true } }
end

local head_options = {
  lang = function(known, v)
    if type(v) ~= "string" then
      where.fail("tl.head: lang is a language's tag, as \"en\", got %s", kinds.describe(v))
    end
    known.lang = v
  end,
  script = function(known, v)
    for _, path in ipairs(type(v) == "table" and v or { v }) do
      known.head[#known.head + 1] = script_element(path)
    end
  end,
}

---Adds to the head of every page: `ui.meta`, `ui.link`, `ui.base`; `script = "/app.js"` (or a
---list; loaded after the client), `lang = "de"`.
---@param content table
function page.head(content)
  local known = declared(open_app "tl.head")
  if type(content) ~= "table" or kinds.of(content) then
    where.fail("tl.head takes a table: tl.head{ ui.meta{...} }, got %s", kinds.describe(content))
  end
  for name, v in pairs(content) do
    if type(name) == "string" then
      if not head_options[name] then
        where.fail("tl.head: unknown option %s%s", name, near.option(name, head_options))
      end
      head_options[name](known, v)
    end
  end
  for _, node in ipairs(content) do
    check_head_element(node)
    known.head[#known.head + 1] = node
  end
end

---Serves the files of a folder (relative to main.lua) under `/`.
---@param dir string
function page.assets(dir)
  local app = open_app "tl.assets"
  if type(dir) ~= "string" or dir == "" then where.fail("tl.assets: a folder's path, got %s", kinds.describe(dir)) end
  if app.assets then where.fail("tl.assets: there is one folder, and it is %q", app.assets) end
  local missing = native.assets(dir)
  if missing then
    where.fail("tl.assets: %q is no folder (looked for %s); the path is relative to main.lua", dir, missing)
  end
  app.assets = dir
end

-- Not among the module's own names, which all become tl's.
return setmetatable(page, { __index = pages })
