--- where.lua: names the place in the app's code that an error is about.
--
-- A page is built by Lua code of the app, which calls Tidelock's functions; an error belongs to the
-- innermost line of the app. Each module of the page half registers its chunk here, so that its
-- frames are passed over. May use: native.

local native = require "tidelock.native"

local where = {}

local ours = {} -- chunk source -> true

---The route of the page that is being built, for messages; nil outside of a build.
where.page = nil

---Marks the calling module's chunk as Tidelock's own.
function where.register()
  ours[debug.getinfo(2, "S").source] = true
end

ours[debug.getinfo(1, "S").source] = true

---Whether a frame belongs to one of these modules, and not to the app.
---@param info table of debug.getinfo, with "S"
function where.is_ours(info)
  return ours[info.source] == true
end

local function file_of(info)
  return info.source:match "^@(.*)" or info.short_src
end

---Calls a function of the app. A `return ui.main{...}` is a tail call, which leaves no line of
---the function behind; its frame here then still tells where the function begins.
---@param fn function
---@return any
function where.call(fn, ...)
  local result = fn(...)
  return result
end

local function begin_of_called(level)
  local _, fn = debug.getlocal(level + 1, 1)
  local info = debug.getinfo(fn, "S")
  return ("%s:%d"):format(file_of(info), info.linedefined)
end

---The innermost place in the app's code.
---@return string place "main.lua:12", or "?"
function where.here()
  for level = 2, 200 do
    local info = debug.getinfo(level, "Slf")
    if not info then break end
    if info.func == where.call then
      local place = begin_of_called(level)
      return place
    end
    if info.what ~= "C" and not where.is_ours(info) and info.currentline > 0 then
      return ("%s:%d"):format(file_of(info), info.currentline)
    end
  end
  return native.handler_place() or "?" -- it returned this call
end

---Raises an error about a place, naming the page that is being built.
---@param place string as `where.here` gives it
function where.fail_at(place, fmt, ...)
  local text = place .. ": " .. fmt:format(...)
  if where.page then text = ("%s (page %q)"):format(text, where.page) end
  error(text, 0)
end

---Raises an error about the innermost place in the app's code.
function where.fail(fmt, ...)
  where.fail_at(where.here(), fmt, ...)
end

return where
