--- effects.lua: what a handler or a trigger asks the page to do.
--
-- Each function gives an effect: a table whose list part is the wire's form ({"toast", "Saved", {}}).
-- A handler yields or returns it, a trigger may hold it; in a page its arguments may be Vars.
-- May use: kinds, html, where, native, near.

local html = require "tidelock.html"
local kinds = require "tidelock.kinds"
local native = require "tidelock.native"
local near = require "tidelock.near"
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
      where.fail("%s: unknown option %s%s", what, tostring(name), near.option(name, known))
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

---Shows a message that has to be dismissed; the page stands still meanwhile.
---@param message string|number|tl.Var
function effects.alert(message)
  check_text(message, "tl.alert")
  return make("alert", message)
end

local redirect_options = { replace = boolean, external = boolean }

local function check_safe(url, what)
  if type(url) == "string" and html.is_unsafe_url(url) then where.fail("%s: %q would run code", what, url) end
end

-- "//host" and "/\host" lead to another server as well.
local function check_path(path, what, otherwise)
  check_safe(path, what)
  if type(path) ~= "string" or path:match "^/" and not path:match "^/[/\\]" then return end
  where.fail("%s: a path of this app begins with /, got %q (another server: %s)", what, path, otherwise)
end

---Moves the page to another one.
---@param path string|tl.Var of this app, or an address with `external = true`
---@param opts { replace: boolean, external: boolean }|nil replace: leave no entry in the history
function effects.redirect(path, opts)
  check_text(path, "tl.redirect")
  local checked = options(opts, "tl.redirect", redirect_options)
  if opts and opts.external then check_safe(path, "tl.redirect") else check_path(path, "tl.redirect", "{ external = true }") end
  return make("redirect", path, checked)
end

---Loads the page anew, as the browser's button does. The tab and its state stay.
function effects.reload() return make "reload" end

---Goes back in the history, as the browser's button does.
function effects.back() return make "back" end

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

---Scrolls so that an element is at the top of the window.
---@param id string the element's id
function effects.scroll_to(id)
  check_text(id, "tl.scroll_to: id")
  return make("scroll_to", id)
end

local function is_text(v) return type(v) == "string" and utf8.len(v) ~= nil end

local download_options = {
  text = is_text, path = is_text, url = is_text, name = is_text,
  type = function(v) return type(v) == "string" and v:match "^[%w!#$&^_.+-]+/[%w!#$&^_.+-]+" ~= nil end,
}

---Lets the browser save a file.
---@param what { text: string|nil, path: string|nil, url: string|nil, name: string|nil, type: string|nil } one of text (the
---file's content), path (of this app) and url (of another server); name: what to save it as; type: of text, "text/plain"
function effects.download(what)
  local checked = options(what or {}, "tl.download", download_options)
  local given = 0
  for _, source in ipairs { "text", "path", "url" } do given = given + (checked[source] ~= nil and 1 or 0) end
  if given ~= 1 then where.fail("tl.download: give one of text, path and url, got %d of them", given) end
  if checked.type and checked.text == nil then where.fail "tl.download: type goes with text; what is fetched has its own" end
  if checked.path then check_path(checked.path, "tl.download", "url = ") end
  if type(checked.url) == "string" and not checked.url:match "^https?://" then
    where.fail("tl.download: url begins with http:// or https://, got %q (of this app: path = )", checked.url)
  end
  return make("download", checked)
end

---Puts text on the clipboard. Browsers allow it on pages of https and localhost, soon after a click or key; where they do not,
---the page says so.
---@param text string|number|tl.Var
function effects.set_clipboard(text)
  check_text(text, "tl.set_clipboard")
  return make("set_clipboard", text)
end

---Removes a cookie that scripts may see.
---@param name string
function effects.remove_cookie(name)
  check_text(name, "tl.remove_cookie")
  return make("remove_cookie", name)
end

---Empties the browser's local storage of this app's address.
function effects.clear_local_storage() return make "clear_local_storage" end

---Writes to the browser's console.
---@param ... any
function effects.console_log(...)
  local args = table.pack(...)
  for i = 1, args.n do check_value(args[i], "tl.console_log") end
  return make("console_log", ...)
end

-- Clients may send it from now on, as what a page offers in a trigger.
local function answer_event(event)
  native.offer(event.handler)
  local args = event.args or { n = 0 }
  local bound = {}
  for i = 1, args.n do
    check_value(args[i], "tl.call: an argument of " .. event.handler)
    if kinds.of(args[i]) == "var" then
      where.fail("tl.call: an argument of %s is a Var; give it to the function, which can return it", event.handler)
    end
    bound[i] = args[i] == nil and native.null or args[i]
  end
  return native.map { handler = event.handler, args = native.list(bound) }
end

---Calls a function that the app's own script has registered by tidelock.register(name, fn). No text is ever evaluated.
---@param name string
---@param ... any plain values, in a page Vars as well; an event reference as the last is sent with what the function returns (or
---what its promise brings) after its bound arguments
function effects.call(name, ...)
  if type(name) ~= "string" or name == "" then
    where.fail("tl.call: the name of a function that the app's script registered, got %s", kinds.describe(name))
  end
  check_text(name, "tl.call")
  local args = table.pack(...)
  local event
  if args.n > 0 and kinds.of(args[args.n]) == "event" then
    event, args[args.n], args.n = answer_event(args[args.n]), nil, args.n - 1
  end
  for i = 1, args.n do check_value(args[i], ("tl.call: argument %d of %s"):format(i, name)) end
  return make("call", name, event, table.unpack(args, 1, args.n))
end

return effects
