--- exchange.lua: requests to stubs in time: as http.lua asks the host (host/runtime/http_lua.c), so it asks here while there are stubs.
--
-- All waiting is done by the task that asks, on virtual time, so a cancel, a timeout and the order of what is ready are as with a
-- real request. May use: complaints, native, reply, stubs, transport, where.

local complaints = require "tidelock.complaints"
local native = require "tidelock.native"
local reply = require "tidelock.reply"
local stubs = require "tidelock.stubs"
local transport = require "tidelock.transport"
local where = require "tidelock.where"

where.register()

local exchange = {}

local TIMEOUT <const>, MAX_SIZE <const>, FOLLOW <const> = 30, 16 * 1024 * 1024, 5 -- as host/io/fetch_request.c has them

---The task in which the specs run: set by the driver.
exchange.spec = nil

local open = {} -- handle -> true: requests under way

---@class tl.Exchange
---@field limit number when its timeout is over
---@field failed string|nil the code
---@field reply tl.Reply|nil nil: the stub has not been asked so far
---@field piece integer of the reply, which comes next
---@field due number when the last one came
local Exchange = {}
Exchange.__index = Exchange

function Exchange.__close(self) open[self] = nil end

-- Waits for a moment, but not past the request's limit; whether it came.
local function wait_until(self, due)
  local now = native.now()
  if due >= self.limit then
    native.await_answer(math.max(0, self.limit - now))
    self.failed = "timeout"
    return false
  end
  native.await_answer(math.max(0, due - now))
  return true
end

-- Finds who answers; who does not is told to the task that asks, and to the spec.
local function ask(self, place)
  local stub, wrong = stubs.find(self.method, self.url)
  if not stub then
    if native.current_task() ~= exchange.spec then complaints.add(("%s: %s"):format(place, wrong)) end
    native.raise("StubError", wrong)
  end
  self.stub = stub
  self.request, self.answer = stubs.record(stub, self.method, self.url, self.lines, self.body)
end

-- The url that a redirect leads to.
local function target(url, location)
  if location:find "^%a[%w+.-]*://" then return location end
  local host = url:match "^%a[%w+.-]*://[^/?#]*"
  if location:sub(1, 1) == "/" then return host .. location end
  return (url:gsub("[?#].*$", ""):match "^(%a[%w+.-]*://.*/)" or host .. "/") .. location
end

-- As a browser and curl do: what was sent is sent again only with 307 and 308.
local function redirect(self)
  local to = self.reply
  if self.follow == 0 then
    self.follows = false
    return
  end
  self.followed = self.followed + 1
  self.url = target(self.url, to.location)
  if self.followed > self.follow or not self.url:find "^https?://" then
    self.failed = "redirects"
    return
  end
  if to.status < 307 and self.method == "POST" then self.method, self.body = "GET", nil end
  ask(self, self.place)
  self.reply = nil
end

-- The reply begins: its status is known. Redirects are followed.
local function begin(self)
  while not self.reply and not self.failed do
    local given = stubs.reply(self.stub, self.answer, self.request)
    if given.error == "timeout" then given.delay = math.huge end
    self.due = native.now() + given.delay
    if not wait_until(self, self.due) then return end
    self.reply, self.piece = given, 1
    if given.location and self.follows then redirect(self) end
  end
end

-- The next piece of the body; nil: there is no more, or it has failed.
local function next_piece(self)
  begin(self)
  while not self.failed do
    local piece = self.reply.pieces[self.piece]
    if piece == nil then
      self.failed = self.reply.error
      return nil
    end
    self.piece = self.piece + 1
    if type(piece) == "number" then
      self.due = self.due + piece -- the server does not wait for a slow reader
      wait_until(self, self.due)
    elseif self.method ~= "HEAD" and piece ~= "" then
      self.received = self.received + #piece
      if self.received <= self.max_size then return piece end
      self.failed = "too_large"
    end
  end
end

-- What http.lua calls ---------------------------------------------------------------------------

local function start(method, url, lines, body, timeout, max_size, follow, streamed)
  local place = where.here()
  local self = setmetatable({
    method = method, url = url, lines = lines, body = body, place = place, limit = native.now() + (timeout > 0 and timeout or TIMEOUT),
    max_size = max_size > 0 and max_size or streamed and math.huge or MAX_SIZE, follow = follow < 0 and FOLLOW or follow,
    follows = true, followed = 0, received = 0, body_text = {},
  }, Exchange)
  ask(self, place)
  open[self] = true
  return self
end

local function finish(self)
  for piece in next_piece, self do self.body_text[#self.body_text + 1] = piece end
  if not self.failed then return self.reply.status, self.reply.headers, table.concat(self.body_text) end
  local message = self.failed == "too_large" and ("the answer is larger than %d bytes"):format(self.max_size)
    or reply.message(self.failed, self.url)
  return nil, nil, nil, message, self.failed
end

local own = { start = start, chunk = next_piece, finish = finish, own_address = function() return stubs.OWN end }
local real = {}
for name, fn in pairs(transport) do real[name] = fn end

local function use(functions)
  for name, fn in pairs(functions) do transport[name] = fn end
end

---Declares a stub: from now on stubs take all requests, until `stop`.
---@param given table
---@return tl.HttpStub
function exchange.stub(given)
  local stub = stubs.add(given)
  use(own)
  return stub
end

---The network is back. Gives a line for each request that is still under way.
---@return string[]
function exchange.stop()
  local left = {}
  for handle in pairs(open) do
    left[#left + 1] = ("a stubbed request, made at %s: %s"):format(handle.place, stubs.describe(handle.method, handle.url))
  end
  open = {}
  stubs.clear()
  use(real)
  return left
end

return exchange
