--- effects.lua: what a handler or a trigger asks the page to do.
--
-- Each function gives an effect: a table whose list part is the wire's form ({"toast", "Saved", {}}).
-- A handler yields or returns it, a trigger may hold it; in a page its arguments may be Vars.
-- May use: kinds, html, where, native.

local html = require "tidelock.html"
local kinds = require "tidelock.kinds"
local native = require "tidelock.native"
local where = require "tidelock.where"

where.register()

local effects = {}

local Effect = { __tidelock = "effect" }

function Effect:__tostring()
  return "effect tl." .. self[1]
end

local function make(...)
  local effect = table.pack(...)
  for i = 1, effect.n do
    if effect[i] == nil then effect[i] = native.null end
  end
  return setmetatable(effect, Effect)
end

local function check_text(v, what)
  if type(v) ~= "string" and type(v) ~= "number" and kinds.of(v) ~= "var" then
    where.fail("%s: a string, got %s", what, kinds.describe(v))
  end
  if type(v) == "string" and not utf8.len(v) then where.fail("%s: %q is not UTF-8", what, v) end
end

local function check_value(v, what)
  local kind = type(v)
  local own = kinds.of(v)
  if kind == "function" or kind == "thread" or (own and own ~= "var") then
    where.fail("%s: a value, got %s", what, kinds.describe(v))
  end
end

-- A copy of the options, marked as a map. `known`: name -> function(value) that is true when it fits.
local function options(opts, what, known)
  if opts == nil then return native.map {} end
  if type(opts) ~= "table" or kinds.of(opts) then
    where.fail("%s: options: a table, got %s", what, kinds.describe(opts))
  end
  local out = {}
  for name, value in pairs(opts) do
    if not known[name] then
      where.fail("%s: unknown option %s%s", what, tostring(name), html.did_you_mean(tostring(name), known))
    end
    if kinds.of(value) ~= "var" and not known[name](value) then
      where.fail("%s: %s cannot be %s", what, name, kinds.describe(value))
    end
    out[name] = value
  end
  return native.map(out)
end

local function boolean(v) return type(v) == "boolean" end

local toast_kinds = { info = true, success = true, warning = true, error = true }
local toast_options = {
  kind = function(v) return toast_kinds[v] end,
  duration = function(v) return type(v) == "number" and v > 0 and v < math.huge end,
}

---Shows a message that leaves by itself.
---@param message string|number|tl.Var
---@param opts { kind: "info"|"success"|"warning"|"error", duration: number }|nil duration: seconds
function effects.toast(message, opts)
  check_text(message, "tl.toast")
  return make("toast", message, options(opts, "tl.toast", toast_options))
end

local redirect_options = { replace = boolean, external = boolean }

-- "//host" and "/\host" lead to another server as well.
local function check_path(path, opts)
  if type(path) ~= "string" then return end
  if html.is_unsafe_url(path) then where.fail("tl.redirect: %q would run code", path) end
  local inside = path:match "^/" and not path:match "^/[/\\]"
  if not inside and not (opts and opts.external) then
    where.fail("tl.redirect: a path of this app begins with /, got %q (another server: { external = true })", path)
  end
end

---Moves the page to another one.
---@param path string|tl.Var of this app, or an address with `external = true`
---@param opts { replace: boolean, external: boolean }|nil replace: leave no entry in the history
function effects.redirect(path, opts)
  check_text(path, "tl.redirect")
  local checked = options(opts, "tl.redirect", redirect_options)
  check_path(path, opts)
  return make("redirect", path, checked)
end

---Sets a form control's value in the page, without an event.
---@param id string the element's id
---@param value any
function effects.set_value(id, value)
  check_text(id, "tl.set_value: id")
  check_value(value, "tl.set_value")
  return make("set_value", id, value)
end

---Moves the focus.
---@param id string the element's id
function effects.focus(id)
  check_text(id, "tl.focus: id")
  return make("focus", id)
end

---Writes to the browser's console.
---@param ... any
function effects.console_log(...)
  local args = table.pack(...)
  for i = 1, args.n do check_value(args[i], "tl.console_log") end
  return make("console_log", ...)
end

return effects
