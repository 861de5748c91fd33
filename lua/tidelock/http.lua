-- http.lua: `tl.http`: requests over HTTP that suspend the task which makes them, never the host. May use: native, near, kinds, transport, where.
-- An answer is { status, headers, body, json = function }; what could not be done is nil, message, code, with code one of
-- "connect" "dns" "timeout" "too_large" "tls" "redirects" "protocol" "url".

local kinds = require "tidelock.kinds"
local native = require "tidelock.native"
local near = require "tidelock.near"
local transport = require "tidelock.transport"
local where = require "tidelock.where"

where.register()

local http = {}

-- Options ---------------------------------------------------------------------------------------

local function is_text(v) return type(v) == "string" end
local function is_fields(v) return type(v) == "table" and not kinds.of(v) or native.kind(v) == "map" end
local function is_count(least) return function(v) return math.tointeger(v) ~= nil and v >= least end end
local function is_seconds(v) return type(v) == "number" and v > 0 and v < math.huge end
local function is_callable(v) return type(v) == "function" end
local function is_any() return true end

---option -> { check, what it has to be }
local known = {
  url = { is_text, "a string" },
  method = { is_text, "a string, as \"PUT\"" },
  headers = { is_fields, "a map from names to values" },
  query = { is_fields, "a map of fields" },
  body = { is_text, "a string" },
  json = { is_any },
  form = { is_fields, "a map of fields" },
  timeout = { is_seconds, "seconds above 0" },
  max_size = { is_count(1), "a number of bytes" },
  follow = { is_count(0), "a number of redirects" },
  on_chunk = { is_callable, "a function" },
}

local function check_options(opts)
  if type(opts) ~= "table" then where.fail "tl.http.request takes a table: tl.http.request{ url = ... }" end
  for name, value in pairs(opts) do
    if not known[name] then where.fail("tl.http: unknown option %s%s", tostring(name), near.option(name, known)) end
    if not known[name][1](value) then
      where.fail("tl.http: %s is %s, got %s", name, known[name][2], kinds.describe(value))
    end
  end
  if opts.url == nil then where.fail "tl.http: url is missing: tl.http.request{ url = ... }" end
end

-- Parts of a request ----------------------------------------------------------------------------

local function percent(text)
  return (tostring(text):gsub("[^%w%-%._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local scalar = { string = true, number = true, boolean = true }

local function add_field(out, name, value, what)
  if not scalar[type(value)] then
    where.fail("tl.http: %s: the field %s is a string, a number, a boolean or a list of these, got %s", what, name, kinds.describe(value))
  end
  out[#out + 1] = percent(name) .. "=" .. percent(value)
end

-- Fields in the order of their names; one that is a list is there once for each of its elements.
local function encoded(fields, what)
  local names, out = {}, {}
  for name in pairs(fields) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, name in ipairs(names) do
    local value = fields[name]
    if type(value) == "table" or native.kind(value) == "list" then
      for _, element in ipairs(value) do add_field(out, name, element, what) end
    else
      add_field(out, name, value, what)
    end
  end
  return table.concat(out, "&")
end

local function full_url(opts)
  local url = opts.url
  if type(url) ~= "string" then where.fail("tl.http: url is a string, got %s", kinds.describe(url)) end
  if url:sub(1, 1) == "/" then url = transport.own_address() .. url end
  if opts.query then url = url .. (url:find("?", 1, true) and "&" or "?") .. encoded(opts.query, "query") end
  return url
end

-- The body and its content type.
local function body_of(opts)
  local given = (opts.body and 1 or 0) + (opts.json ~= nil and 1 or 0) + (opts.form and 1 or 0)
  if given > 1 then where.fail "tl.http: give one of body, json and form" end
  if opts.json ~= nil then return native.json_encode(opts.json), "application/json" end
  if opts.form then return encoded(opts.form, "form"), "application/x-www-form-urlencoded" end
  return opts.body
end

local function header_list(opts, content_type)
  local out, has_type = {}, false
  for name, value in pairs(opts.headers or {}) do
    if type(name) ~= "string" or not scalar[type(value)] then
      where.fail("tl.http: headers is a map from names to values, got %s for %s", kinds.describe(value), tostring(name))
    end
    local text = ("%s: %s"):format(name, value)
    if text:find "[\r\n%z]" then where.fail("tl.http: a header may not contain a line break: %s", name) end
    out[#out + 1] = text
    has_type = has_type or name:lower() == "content-type"
  end
  if content_type and not has_type then out[#out + 1] = "Content-Type: " .. content_type end
  return out
end

local function parsed_headers(text)
  local out = {}
  for name, value in text:gmatch "([^:\r\n]+):%s*([^\r\n]*)\r\n" do
    out[name] = out[name] and out[name] .. ", " .. value or value
  end
  return out
end

local function answer_json(self)
  return native.json_decode(self.body)
end

---Makes a request. A url that begins with "/" is this app's own.
---@class tl.HttpOptions
---@field url string
---@field method string|nil "GET", or "POST" when there is a body
---@field headers table<string, string>|nil
---@field query table<string, any>|nil a field that is a list is sent once for each element
---@field body string|nil one of body, json, form
---@field json any
---@field form table<string, any>|nil
---@field timeout number|nil seconds; 30
---@field max_size integer|nil bytes of the body; 16 MiB
---@field follow integer|nil redirects; 5
---@field on_chunk nil|fun(text: string) gets the body piece by piece, and may wait

---@param opts tl.HttpOptions
---@return table|nil answer
---@return string|nil message
---@return string|nil code
function http.request(opts)
  if type(opts) ~= "table" then where.fail "tl.http.request takes a table: tl.http.request{ url = ... }" end
  check_options(opts)
  local url = full_url(opts)
  if not url:find "^%a[%w+.-]*://" then
    return nil, ("the url %q has no scheme; write https://... , or begin with / for a path of this app"):format(url), "url"
  end
  local body, content_type = body_of(opts)
  local method = opts.method or (body and "POST" or "GET")
  local handle <close> = transport.start(method, url, header_list(opts, content_type), body, opts.timeout or 0,
    opts.max_size or 0, opts.follow or -1, opts.on_chunk ~= nil)
  while opts.on_chunk do
    local chunk = transport.chunk(handle)
    if not chunk then break end
    opts.on_chunk(chunk)
  end
  local status, headers, text, message, code = transport.finish(handle)
  if not status then return nil, message, code end
  return { status = status, headers = parsed_headers(headers), body = text, json = answer_json }
end

---@param url string
---@param opts table|nil as for request
function http.get(url, opts)
  if opts ~= nil and type(opts) ~= "table" then where.fail("tl.http.get(url, options): options are a table, got %s", kinds.describe(opts)) end
  local all = { url = url }
  for name, value in pairs(opts or {}) do all[name] = value end
  return http.request(all)
end

return http
