--- stubs.lua: `t.http_stub`: what stands for the network in a spec. While there are stubs they take all requests of tl.http.
--
-- A stub finds its requests by method and url, records them, and has an answer for each. How an answer comes in time is
-- exchange.lua's. May use: kinds, native, reply, where.

local kinds = require "tidelock.kinds"
local native = require "tidelock.native"
local reply = require "tidelock.reply"
local where = require "tidelock.where"

where.register()

local stubs = {}

local list = {} -- the newest last: it is asked first

---The app's own address, as requests and stubs name it.
stubs.OWN = "http://127.0.0.1"

-- Declaring -------------------------------------------------------------------------------------

local function is_text(v) return type(v) == "string" and v ~= "" end

local function is_pattern(v)
  return is_text(v) and pcall(string.find, "", v)
end

local asked = {
  url = { is_text, "a string" },
  pattern = { is_pattern, "a Lua pattern" },
  method = { is_text, "a string, as \"PUT\"" },
}

-- "https://a.test" and "https://a.test/" are one address.
local function normal(url)
  if url:sub(1, 1) == "/" then url = stubs.OWN .. url end
  return (url:gsub("^(%a[%w+.-]*://[^/?#]*)([?#]?)", function(host, after) return after ~= "" and host .. "/" .. after end)
    :gsub("^(%a[%w+.-]*://[^/?#]*)$", "%1/"))
end

local function check_answers(given, place)
  for i, answer in ipairs(given) do
    if type(answer) == "table" and not kinds.of(answer) then
      reply.check(answer, ("t.http_stub: answer %d"):format(i), place)
    elseif type(answer) ~= "function" then
      where.fail_at(place, "t.http_stub: answer %d is a table or a function, got %s", i, kinds.describe(answer))
    end
  end
end

-- Its fields, without the list of answers.
local function check_stub(given, place)
  if type(given) ~= "table" then
    where.fail_at(place, "t.http_stub takes a table: t.http_stub{ url = \"https://...\", json = {} }, got %s", kinds.describe(given))
  end
  local fields, own = {}, {}
  for name, value in pairs(given) do
    if math.type(name) ~= "integer" then fields[name] = value end
    if reply.options[name] then own[name] = value end
  end
  reply.check(fields, "t.http_stub", place, asked)
  if (given.url ~= nil) == (given.pattern ~= nil) then
    where.fail_at(place, "t.http_stub: give one of url and pattern")
  end
  if #given > 0 and next(own) then
    where.fail_at(place, "t.http_stub: %s stands in one of the answers, as there is a list of them", next(own))
  end
  check_answers(given, place)
  return own
end

---@class tl.HttpStub
---@field requests table[] those that were made to it, in order
---@field place string the line that declared it

---@param given table
---@return tl.HttpStub
function stubs.add(given)
  local place = where.here()
  local own = check_stub(given, place)
  local stub = {
    requests = {}, place = place, method = given.method and given.method:upper(), pattern = given.pattern,
    url = given.url and normal(given.url), answers = #given > 0 and table.move(given, 1, #given, 1, {}) or { own },
  }
  list[#list + 1] = stub
  return stub
end

---Whether there are any.
function stubs.any() return #list > 0 end

---Forgets all.
function stubs.clear() list = {} end

-- Finding ---------------------------------------------------------------------------------------

-- A url without a query stands for every query.
local function fits(stub, method, url)
  if stub.method and stub.method ~= method then return false end
  if stub.pattern then return url:find(stub.pattern) ~= nil end
  return stub.url == url or not stub.url:find("?", 1, true) and stub.url == url:gsub("[?#].*$", "")
end

-- A path of the app, as the app wrote it.
local function shown(url)
  local own = url:sub(1, #stubs.OWN + 1) == stubs.OWN .. "/"
  return own and url:sub(#stubs.OWN + 1) or url
end

local function name_of(stub)
  return ("%s %s"):format(stub.method or "any", stub.url and shown(stub.url) or "pattern " .. stub.pattern)
end

---How a request is named in messages.
function stubs.describe(method, url) return ("%s %s"):format(method, shown(url)) end

---The stub that answers a request, or nil and what is wrong.
---@param method string
---@param url string
---@return tl.HttpStub|nil
---@return string|nil
function stubs.find(method, url)
  local found = normal(url)
  for i = #list, 1, -1 do
    if fits(list[i], method:upper(), found) then return list[i] end
  end
  local names = {}
  for _, stub in ipairs(list) do names[#names + 1] = name_of(stub) end
  return nil, ("no stub answers %s, and there are stubs, so the network is not asked; declare t.http_stub{ url = %q, ... } (there are: %s)")
    :format(stubs.describe(method, url), shown(url), table.concat(names, ", "))
end

-- Recording -------------------------------------------------------------------------------------

local function decoded(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- A field that is there more than once is a list.
local function query_of(url)
  local out = {}
  for field in (url:match "%?([^#]*)" or ""):gmatch "[^&]+" do
    local name, value = field:match "^([^=]*)=?(.*)$"
    name, value = decoded(name), decoded(value)
    local before = out[name]
    if type(before) == "table" then before[#before + 1] = value
    else out[name] = before and { before, value } or value end
  end
  return out
end

local function headers_of(lines)
  local out = {}
  for _, line in ipairs(lines) do
    local name, value = line:match "^([^:]+): ?(.*)$"
    if name then out[name:lower()] = value end
  end
  return out
end

local function json_of(self) return native.json_decode(self.body or "") end

---@class tl.StubbedRequest
---@field method string
---@field url string
---@field query table<string, string|string[]>
---@field headers table<string, string> names in lower case
---@field body string|nil
---@field at number when it was made, by tl.now()
---@field json fun(self): any

---Notes a request, and gives what to answer: the stub's answers in turn, the last one for all others.
---@param stub tl.HttpStub
---@param method string
---@param url string
---@param lines string[] headers
---@param body string|nil
---@return tl.StubbedRequest
---@return table|function
function stubs.record(stub, method, url, lines, body)
  local request = { method = method, url = shown(url), query = query_of(url), headers = headers_of(lines), body = body, at = native.now(), json = json_of }
  stub.requests[#stub.requests + 1] = request
  return request, stub.answers[math.min(#stub.requests, #stub.answers)]
end

---What an answer gives for a request.
---@param stub tl.HttpStub
---@param answer table|function
---@param request tl.StubbedRequest
---@return tl.Reply
function stubs.reply(stub, answer, request)
  if type(answer) ~= "function" then return reply.of(answer) end
  local given = answer(request)
  if type(given) ~= "table" or kinds.of(given) then
    where.fail_at(stub.place, "t.http_stub: the function returns a table, an answer, not %s", kinds.describe(given))
  end
  reply.check(given, "t.http_stub: what the function returns", stub.place)
  return reply.of(given)
end

return stubs
