-- http.lua: `tl.http`: requests over HTTP that suspend the task which makes them, never the host. May use: native, kinds, html, where.
-- An answer is { status, headers, body, json = function }; what could not be done is nil, message, code, with code one of
-- "connect" "dns" "timeout" "too_large" "tls" "redirects" "protocol" "url".

local html = require "tidelock.html"
local kinds = require "tidelock.kinds"
local native = require "tidelock.native"
local where = require "tidelock.where"

where.register()

local http = {}

local known = { url = true, method = true, headers = true, query = true, body = true, json = true, form = true, timeout = true,
  max_size = true, follow = true, on_chunk = true }

-- option -> the types that it may have
local types = { method = "string", headers = "table", query = "table", body = "string", form = "table", timeout = "number",
  max_size = "integer", follow = "integer", on_chunk = "function" }

local function check_options(opts)
  for name, value in pairs(opts) do
    if not known[name] then
      where.fail("tl.http: unknown option %s%s", tostring(name), html.did_you_mean(tostring(name), known))
    end
    local wanted = types[name]
    if wanted and type(value) ~= wanted and math.type(value) ~= wanted then
      where.fail("tl.http: %s is %s, got %s", name, wanted == "integer" and "an integer" or "a " .. wanted, kinds.describe(value))
    end
  end
end

local function percent(text)
  return (tostring(text):gsub("[^%w%-%._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function encoded(fields)
  local names, out = {}, {}
  for name in pairs(fields) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do out[#out + 1] = percent(name) .. "=" .. percent(fields[name]) end
  return table.concat(out, "&")
end

local function full_url(opts)
  local url = opts.url
  if type(url) ~= "string" then where.fail("tl.http: url is a string, got %s", kinds.describe(url)) end
  if url:sub(1, 1) == "/" then url = native.own_address() .. url end
  if opts.query then url = url .. (url:find("?", 1, true) and "&" or "?") .. encoded(opts.query) end
  return url
end

-- The body and its content type.
local function body_of(opts)
  local given = (opts.body and 1 or 0) + (opts.json ~= nil and 1 or 0) + (opts.form and 1 or 0)
  if given > 1 then where.fail "tl.http: give one of body, json and form" end
  if opts.json ~= nil then return native.json_encode(opts.json), "application/json" end
  if opts.form then return encoded(opts.form), "application/x-www-form-urlencoded" end
  return opts.body
end

local function header_list(opts, content_type)
  local out, has_type = {}, false
  for name, value in pairs(opts.headers or {}) do
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
---@field query table<string, any>|nil
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
  local handle <close> = native.http_start(method, url, header_list(opts, content_type), body, opts.timeout or 0,
    opts.max_size or 0, opts.follow or -1, opts.on_chunk ~= nil)
  while opts.on_chunk do
    local chunk = native.http_chunk(handle)
    if not chunk then break end
    opts.on_chunk(chunk)
  end
  local status, headers, text, message, code = native.http_finish(handle)
  if not status then return nil, message, code end
  return { status = status, headers = parsed_headers(headers), body = text, json = answer_json }
end

---@param url string
---@param opts table|nil as for request
function http.get(url, opts)
  local all = { url = url }
  for name, value in pairs(opts or {}) do all[name] = value end
  return http.request(all)
end

return http
