--- pages.lua: builds the declared pages and serves them.
--
-- When main.lua has loaded, `pages.finish` runs each page's function once and keeps its tree as
-- JSON text; the host then asks `pages.lookup` and `pages.html`.
-- May use: kinds, where, ui, tree, route, eval, markup, values, my_tasks, native.

local eval = require "tidelock.eval"
local kinds = require "tidelock.kinds"
local markup = require "tidelock.markup"
local my_tasks = require "tidelock.my_tasks"
local native = require "tidelock.native"
local route = require "tidelock.route"
local tree = require "tidelock.tree"
local ui = require "tidelock.ui"
local values = require "tidelock.values"
local where = require "tidelock.where"

where.register()

local pages = {}

---What the page half keeps in the app's table.
---@return { pages: table[], by_shape: table<string, table>, head: table[], lang: string }
local function declared(app)
  app.page_half = app.page_half or { pages = {}, by_shape = {}, head = {}, lang = "en" }
  return app.page_half
end
pages.declared = declared

-- Building --------------------------------------------------------------------------------------

local function not_found()
  return ui.main { ui.h1 "Page not found", ui.p { ui.a { "Back to the start", href = "/" } } }
end

-- Errors of the page's own code get its route, too; error values keep their kind.
local function build_tree(entry)
  where.page = entry.route
  local ok, built, title = pcall(function()
    local root = where.call(entry.fn)
    if kinds.of(root) ~= "node" and kinds.of(root) ~= "var" then
      where.fail_at(entry.where, "the page's function returned %s, not an element (is `return` missing?)",
        kinds.describe(root))
    end
    return table.pack(tree.build(root)), (tree.build(entry.opts.title or ""))
  end)
  where.page = nil
  if ok then return built, title end
  local err = built
  if type(err) == "string" and not err:find("(page ", 1, true) then
    err = ("%s (page %q)"):format(err, entry.route)
  end
  error(err, 0)
end

-- Trees that are used again when the same app is loaded many times: nil, or route -> what was built. See `reuse`.
local kept

-- The setters that a page has made inline: they are made again where the page itself is not.
local function new_setters(app, before)
  local made = {}
  for handler, ref in pairs(app.setters or {}) do
    if not before[handler] then made[#made + 1] = { native.class_name(ref.setter.class), ref.setter.var } end
  end
  return made
end

local function build_once(app, entry)
  if not kept then return build_tree(entry) end
  local known = kept[entry.route]
  if known then
    for _, setter in ipairs(known.setters) do require("tidelock.state").setter_of(setter[1], setter[2]) end
    if known.my_tasks then my_tasks.class() end
    return known.built, known.title
  end
  local before = {}
  for handler in pairs(app.setters or {}) do before[handler] = true end
  local built, title = build_tree(entry)
  kept[entry.route] = { built = built, title = title, setters = new_setters(app, before), my_tasks = my_tasks.asked() }
  return built, title
end

---Whether apps that are loaded from now on are the same app, so that its pages need to be built only once. For the driver, which
---runs one test in many orders.
---@param on boolean
function pages.reuse(on)
  kept = on and {} or nil
end

local function build(app, entry)
  local built, title = build_once(app, entry)
  entry.tree, entry.offers, entry.hints = table.unpack(built, 1, 3)
  entry.json = kept and built.json or tree.json(entry.tree)
  built.json = entry.json
  entry.title, entry.title_json = title, kept and built.title_json or tree.json(title)
  built.title_json = entry.title_json
  entry.on_load, entry.style = entry.opts.on_load, entry.opts.style
end

-- Two pages may name different keys for one list: the first that was declared counts.
local function announce(entries)
  local offered, hinted = {}, {}
  for _, entry in ipairs(entries) do
    for _, name in ipairs(entry.offers) do
      if not offered[name] then native.offer(name) end
      offered[name] = true
    end
    for _, hint in ipairs(entry.hints) do
      local path = table.concat(hint.path, "\0")
      if not hinted[path] then native.keyhint(hint.path, hint.key) end
      hinted[path] = true
    end
  end
end

---Builds all pages, once main.lua has loaded: offers the handlers of their triggers to clients and
---names the keys of their lists. Raises what a page's function raises, with the page's route.
---@param app table the app's table
function pages.finish(app)
  local known = declared(app)
  if not known.by_shape["404"] then
    local entry = { route = "404", parsed = route.parse "404", fn = not_found, where = "?",
      opts = { title = "Page not found" } }
    known.by_shape["404"] = entry
    known.pages[#known.pages + 1] = entry
  end
  for _, entry in ipairs(known.pages) do build(app, entry) end
  announce(known.pages)
  table.sort(known.pages, function(a, b) return route.precedes(a.parsed, b.parsed) end)
end

-- Serving ---------------------------------------------------------------------------------------

---@class tl.PageEntry
---@field route string
---@field title any text, or a dynamic node
---@field title_json string
---@field tree any plain tables; the same for every tab
---@field json string the tree as JSON text
---@field on_load table[]|nil event references
---@field style boolean|nil false: without the default style
---@field params table<string, string|string[]>
---@field status integer 200, or 404 for the page of what is not there
---@field served table where the page's HTML is kept

local function found(entry, params, status)
  entry.served = entry.served or {}
  return {
    route = entry.route, title = entry.title, title_json = entry.title_json, tree = entry.tree, json = entry.json,
    on_load = entry.on_load, style = entry.style, served = entry.served, params = params, status = status,
  }
end

---The page at a path; the 404 page where there is none.
---@param app table
---@param path string with or without a query
---@return tl.PageEntry
function pages.lookup(app, path)
  local known = declared(app)
  local parts = route.segments(path)
  for _, entry in ipairs(known.pages) do
    local params = entry.route ~= "404" and route.match(entry.parsed, parts)
    if params then return found(entry, params, 200) end
  end
  return found(known.by_shape["404"], {}, 404)
end

local function head_html(node)
  return ("<%s%s>%s"):format(node.tag, markup.attributes(node.attrs), node.tag == "script" and "</script>" or "")
end

-- In JSON text `<` stands in strings only, so the escape is safe, and no `</` or `<!--` remains.
local function data_json(entry, opts)
  local stored = native.stored()
  local text = ('{"route":%s,"title":%s,"tree":%s,"state":%s,"dev":%s%s}'):format(
    native.json_encode(entry.route), entry.title_json, entry.json,
    opts.state_json or "{}", tostring(opts.dev == true), stored and ',"stored":' .. stored or "")
  return (text:gsub("<", "\\u003c"))
end

local function head_lines(app, entry, title, opts)
  local lines = {
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    "<title>" .. markup.escaped(title) .. "</title>",
  }
  local function add(line) lines[#lines + 1] = line end
  local css = entry.style == false and opts.bare_css or entry.style ~= false and opts.css
  if css then add(('<link rel="stylesheet" href="%s">'):format(markup.escaped(css))) end
  -- Not deferred: what a tab with a state of its own must not show is hidden before anything is painted.
  if opts.js then add(('<script src="%s"></script>'):format(markup.escaped(opts.js))) end
  for _, node in ipairs(declared(app).head) do add(head_html(node)) end
  return table.concat(lines, "\n")
end

local frame = [[
<!doctype html>
<html lang="%s">
<head>
%s
</head>
<body>
<div id="tl-root">%s</div>
<noscript><p>This page needs JavaScript.</p></noscript>
<script type="application/json" id="tl-page">%s</script>
</body>
</html>
]]

-- The title and the body of a page in the default state.
local function shown_by_default(entry, state)
  local title = values.shown(eval.evaluate(entry.title, { state = state }))
  return title, markup.html(eval.render(entry.tree, state))
end

---A page's HTML, with the default state.
---@param app table
---@param entry tl.PageEntry
---@param opts { state_json: string, dev: boolean, css: string|nil, bare_css: string|nil, js: string|nil } addresses; bare_css: for style = false
---@return string
function pages.html(app, entry, opts)
  local title, body = shown_by_default(entry, native.json_decode(opts.state_json or "{}"))
  return frame:format(markup.escaped(declared(app).lang), head_lines(app, entry, title, opts), body, data_json(entry, opts))
end

return pages
