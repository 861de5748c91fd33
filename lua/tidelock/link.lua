--- link.lua: a driven page's side of the protocol: hello, init or resume, the chain of versions, the
--- queue of events (docs/protocol.md; client/src/session.js).
--
-- Knows no page. A message that does not follow the one before, or a patch that does not fit, is a
-- bug of the host and raises. May use: native, values, where.

local native = require "tidelock.native"
local values = require "tidelock.values"
local where = require "tidelock.where"

where.register()

local QUEUE_LIMIT <const> = 100

---@class tl.Link
---@field token string|nil
---@field version integer|nil
---@field live boolean
---@field code integer|nil the close code, when the host closed
---@field deltas { version: integer, patch: table }[]
local Link = {}
Link.__index = Link

local link = {}

local instances = 0

---@class tl.LinkHost
---@field answered fun(ids: integer[], failed: table<integer, boolean>)
---@field effects fun(list: table[])
---@field errors fun(list: table[])
---@field changed fun() the state is another one
---@field distrusted fun() a message was lost: it connects again and asks for the whole state

---@param host tl.LinkHost
---@param storage { cookie: table, local: table, session: table } what the browser keeps, for all of its pages or this one
---@param browser string its name: that of the session
---@return tl.Link
function link.new(host, storage, browser)
  instances = instances + 1
  return setmetatable({
    host = host, instance = ("%016x"):format(instances), mirror = native.mirror(),
    watched = {}, last_id = 0, stalled = {}, held = {}, spoilt = { page = {}, host = {} },
    queue = {}, deltas = {}, live = false, storage = storage, browser = browser,
  }, Link)
end

-- Values as a browser sends them ----------------------------------------------------------------

-- 5.0 leaves a browser as 5; a nil as null.
local function browser_value(v)
  if v == nil then return native.null end
  if type(v) == "number" then return values.normal(v) end
  if values.kind(v) == nil then return v end
  local out = {}
  for key, element in pairs(v) do out[key] = browser_value(element) end
  return values.kind(v) == "list" and native.list(out) or native.map(out)
end

---A list of arguments for the wire. `n`: how many, with nils.
function link.arguments(args, n)
  local out = {}
  for i = 1, n do out[i] = browser_value(args[i]) end
  return native.list(out)
end

-- Sending ---------------------------------------------------------------------------------------

-- What is sent when the host has closed the connection, before the page hears of it, is lost, as in a browser.
function Link:deliver(text)
  for _ = 1, self:copies "page" do
    if self.peer and not self.peer:closed() then self.peer:send(text) end
  end
end

function Link:send(message)
  local text = native.json_encode(native.map(message))
  if self.stalled.page then
    self.held[#self.held + 1] = text
  else
    self:deliver(text)
  end
end

local function marked_storage(storage)
  local out = {}
  for kind, entries in pairs(storage) do out[kind] = browser_value(native.map(entries)) end
  return native.map(out)
end

-- Where the page was before the first move that waits; nil: none does.
function Link:before()
  for _, entry in ipairs(self.queue) do
    if entry.before then return entry.before end
  end
end

---Opens a connection and says hello.
---@param path string where the page is
function Link:connect(path)
  self.peer = native.peer_open(self.browser)
  self.watched[#self.watched + 1] = self.peer
  self.code = nil
  self:send {
    hello = native.map {
      token = self.token or native.null, version = self.version or native.null, instance = self.instance,
      path = path, before = self:before(), storage = marked_storage(self.storage),
    },
  }
end

---Sends an event or a move, now or when the connection is back.
---@param kind "event"|"nav"
---@param body table
---@param before string|nil of a move: where it goes from
---@return integer id
function Link:submit(kind, body, before)
  if #self.queue >= QUEUE_LIMIT and kind ~= "nav" then
    error(("the page refuses more: %d events wait for the connection"):format(QUEUE_LIMIT), 0)
  end
  self.last_id = self.last_id + 1
  body.id = self.last_id
  local entry = { id = self.last_id, before = before, message = { [kind] = native.map(body) } }
  self.queue[#self.queue + 1] = entry
  if self.live then self:send(entry.message) end
  return entry.id
end

-- Receiving -------------------------------------------------------------------------------------

-- Takes entries out of the queue; gives the ids that were still there.
function Link:remove(test)
  local gone, kept = {}, {}
  for _, entry in ipairs(self.queue) do
    if test(entry.id) then gone[#gone + 1] = entry.id else kept[#kept + 1] = entry end
  end
  self.queue = kept
  return gone
end

-- As session.js does when a message does not follow: gives up the connection and what the page knows.
function Link:distrust()
  self:drop()
  self.version = nil
  self.host.distrusted()
end

-- Patches are applied by the host's own code, on a copy of the state of the page's own. False: it does not follow, since the
-- spec has lost or repeated one.
function Link:apply(message)
  local from = message.from or message.version - 1
  if from ~= self.version then
    if self.hurt then return self:distrust() end
    error(("the host's message goes from version %s, the page has %s"):format(from, self.version), 0)
  end
  if message.patch then
    local ok, err = self.mirror:patch(native.json_encode(message.patch))
    if not ok then error("the host's patch does not fit: " .. tostring(err), 0) end
  end
  self.version = message.version
  if message.patch then self.host.changed() end
  return true
end

-- After init or resume: what the host has not seen goes out again.
function Link:begin(message)
  self.token, self.version, self.live = message.token, message.version, true
  local last = message.last_event or 0
  self.host.answered(self:remove(function(id) return id <= last end), {})
  for _, entry in ipairs(self.queue) do self:send(entry.message) end
end

local function set_of(ids)
  local out = {}
  for _, id in ipairs(ids) do out[id] = true end
  return out
end

function Link:advance(message)
  if not self:apply(message) then return end
  local errors, failed = message.errors or {}, {}
  for _, err in ipairs(errors) do
    if err.event ~= nil and err.event ~= native.null then failed[err.event] = true end
  end
  local done = set_of(message.done or {})
  self.host.answered(self:remove(function(id) return done[id] end), failed)
  if message.effects then self.host.effects(message.effects) end
  if #errors > 0 then self.host.errors(errors) end
end

function Link:handle(message)
  if message.init then
    assert(self.mirror:init(native.json_encode(message.init.state)))
    self.host.changed()
    self:begin(message.init)
  elseif message.resume then
    if self:apply(message.resume) then self:begin(message.resume) end
  elseif not (message.closing or message.reload) then
    self:advance(message)
  end
end

-- Commits are seen where they are made, so also those of a time without connection: a connection
-- that broke off sees them until the next one takes its place.
function Link:take_commits()
  for _, peer in ipairs(self.watched) do
    for _, commit in ipairs(peer:commits()) do
      self.deltas[#self.deltas + 1] = { version = commit[1], patch = native.json_decode(commit[2]) }
    end
  end
  if self.live then self.watched = { self.peer } end
end

---Takes in what the host sent.
---@return boolean any whether there was something
function Link:pump()
  self:take_commits()
  if not self.peer or self.stalled.host then return false end
  local peer = self.peer
  local texts = peer:take()
  for _, text in ipairs(texts) do
    for _ = 1, self:copies "host" do
      if self.peer == peer then self:handle(native.json_decode(text)) end -- else the page has given it up
    end
  end
  if self.peer and self.peer:closed() then
    self.code = self.peer:closed()
    self.peer, self.live = nil, false
  end
  return #texts > 0
end

-- A network that holds up what is said ------------------------------------------------------------

---The next messages of one side are lost, or arrive twice. Forgotten with the connection.
---@param way "page"|"host"
---@param how "lose"|"double"
---@param n integer
function Link:spoil(way, how, n)
  self.spoilt[way][how] = (self.spoilt[way][how] or 0) + n
end

-- How often the next message of one side arrives.
function Link:copies(way)
  local counts = self.spoilt[way]
  local how = (counts.lose or 0) > 0 and "lose" or (counts.double or 0) > 0 and "double"
  if not how then return 1 end
  counts[how] = counts[how] - 1
  self.hurt = self.hurt or way == "host"
  return how == "lose" and 0 or 2
end

---Holds up what the page says ("page"), what the host says ("host"), or both.
---@param way "page"|"host"|nil
function Link:stall(way)
  if way ~= "host" then self.stalled.page = true end
  if way ~= "page" then self.stalled.host = true end
end

---What was held up arrives.
function Link:flow()
  local held = self.held
  self.stalled, self.held = {}, {}
  for _, text in ipairs(held) do self:deliver(text) end
end

-- Leaving ---------------------------------------------------------------------------------------

---The connection breaks off.
function Link:drop()
  self.stalled, self.held, self.spoilt, self.hurt = {}, {}, { page = {}, host = {} }, false
  if self.peer then self.peer:close() end
  self.peer, self.live = nil, false
end

---The page goes, and says so.
function Link:leave()
  if self.live then self:send { bye = native.map {} } end
  self:drop()
end

---The page's state as plain tables.
---@return table<string, table>
function Link:state()
  return self.mirror:plain()
end

return link
