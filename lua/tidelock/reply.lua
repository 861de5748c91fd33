--- reply.lua: what a stub of a spec answers (`t.http_stub`): the options of an answer, and the pieces and the end that it comes to.
--
-- Knows no time and no request. May use: kinds, native, near, where.

local kinds = require "tidelock.kinds"
local native = require "tidelock.native"
local near = require "tidelock.near"
local where = require "tidelock.where"

where.register()

local reply = {}

-- Options ---------------------------------------------------------------------------------------

local function is_seconds(v) return type(v) == "number" and v >= 0 end -- math.huge: never
local function is_status(v) return math.type(v) == "integer" and v >= 100 and v <= 599 end
local function is_text(v) return type(v) == "string" end
local function is_any() return true end

local scalar = { string = true, number = true, boolean = true }

local function is_headers(v)
  if type(v) ~= "table" then return false end
  for name, value in pairs(v) do
    if type(name) ~= "string" or not scalar[type(value)] then return false end
  end
  return true
end

-- Texts, and between them the seconds that pass.
local function is_chunks(v)
  if type(v) ~= "table" then return false end
  for _, piece in ipairs(v) do
    if type(piece) ~= "string" and not is_seconds(piece) then return false end
  end
  return true
end

-- What tl.http says of each, after these words: the host and port of the url.
local errors = {
  connect = "could not connect to %s: connection refused",
  dns = "could not find the address of %s",
  timeout = "no whole answer in time from %s",
  tls = "the exchange failed with %s: the certificate is not valid",
  protocol = "the exchange failed with %s: the connection broke off",
  redirects = "redirected too often, or to what is not http or https",
}

local function names_of(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = ("%q"):format(name) end
  table.sort(names)
  return table.concat(names, ", ")
end

---option -> { check, what it has to be }
reply.options = {
  status = { is_status, "a status from 100 to 599" },
  headers = { is_headers, "a map from names to values" },
  body = { is_text, "a string" },
  json = { is_any },
  delay = { is_seconds, "seconds, 0 or more" },
  chunks = { is_chunks, "a list of texts, with seconds between them: { \"one\", 0.5, \"two\" }" },
  error = { function(v) return errors[v] ~= nil end, "one of " .. names_of(errors) },
}

local function one_of(given)
  local n = (given.body ~= nil and 1 or 0) + (given.json ~= nil and 1 or 0) + (given.chunks and 1 or 0)
  return n <= 1
end

---Raises when an option is none, or wrong. `more`: further options.
---@param given table
---@param what string how the message begins
---@param place string the line of the stub
---@param more table<string, table>|nil
function reply.check(given, what, place, more)
  local known = {}
  for name, option in pairs(reply.options) do known[name] = option end
  for name, option in pairs(more or {}) do known[name] = option end
  for name, value in pairs(given) do
    local option = known[name]
    if not option then
      where.fail_at(place, "%s: unknown option %s%s", what, tostring(name), near.option(name, known))
    end
    if not option[1](value) then where.fail_at(place, "%s: %s is %s, got %s", what, name, option[2], kinds.describe(value)) end
  end
  if not one_of(given) then where.fail_at(place, "%s: give one of body, json and chunks", what) end
  if given.error and given.status then where.fail_at(place, "%s: give status or error; an answer that breaks off has none", what) end
end

-- What it comes to ------------------------------------------------------------------------------

---What tl.http says when a request ends so.
---@param code string
---@param url string
---@return string
function reply.message(code, url)
  local scheme, host = url:match "^(%a[%w+.-]*)://([^/?#]*)"
  if host and not host:find ":%d+$" then host = host .. (scheme == "https" and ":443" or ":80") end
  return (errors[code]:format(host or url))
end

local function header_lines(given)
  local lines, has_type = {}, false
  for name, value in pairs(given.headers or {}) do
    lines[#lines + 1] = ("%s: %s\r\n"):format(name:lower(), value)
    has_type = has_type or name:lower() == "content-type"
  end
  if given.json ~= nil and not has_type then lines[#lines + 1] = "content-type: application/json\r\n" end
  table.sort(lines)
  return table.concat(lines)
end

---@class tl.Reply
---@field delay number seconds until its first byte
---@field pieces (string|number)[] of the body, and the seconds between them
---@field status integer|nil
---@field headers string lines
---@field error string|nil the code with which it breaks off instead
---@field location string|nil where it leads

---@param given table checked options
---@return tl.Reply
function reply.of(given)
  local pieces = given.chunks or { given.json ~= nil and native.json_encode(given.json) or given.body }
  local status = given.status or 200
  local location
  for name, value in pairs(given.headers or {}) do
    if name:lower() == "location" and status >= 300 and status < 400 then location = tostring(value) end
  end
  return { delay = given.delay or 0, pieces = pieces, status = not given.error and status or nil, headers = header_lines(given),
    error = given.error, location = location }
end

return reply
