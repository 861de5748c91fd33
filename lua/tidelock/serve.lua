-- serve.lua: what the host asks about pages while it serves. C calls these functions with paths; the rest is pages.lua.
-- May use: native, pages.

local native = require "tidelock.native"
local pages = require "tidelock.pages"

local serve = {}

local function entry_of(path)
  return pages.lookup(native.app_table(), path)
end

---The whole HTML of the page at a path, which shows the default state. Made once.
---@param path string
---@param parts fun(): string, boolean, string, string, string what it is made of: the default state as JSON, dev mode, addresses
---@param keep fun(html: string): userdata takes the text out of Lua's memory
---@return integer status
---@return userdata html
function serve.html(path, parts, keep)
  local entry = entry_of(path)
  local served = entry.served
  if not served.html then
    local state_json, dev, css, bare_css, js = parts()
    served.html = keep(pages.html(native.app_table(), entry,
      { state_json = state_json, dev = dev, css = css, bare_css = bare_css, js = js }))
  end
  return entry.status, served.html
end

---What a page needs to move to a path without a reload.
---@return integer status
---@return string json
function serve.tree(path)
  local entry = entry_of(path)
  return entry.status, ('{"route":%s,"title":%s,"tree":%s}'):format(
    native.json_encode(entry.route), entry.title_json, entry.json)
end

function serve.route(path) return entry_of(path).route end

function serve.params(path) return entry_of(path).params end

function serve.on_load(path) return entry_of(path).on_load end

return serve
