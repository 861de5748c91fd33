-- http_spec.lua: tl.http inside tasks: the host stays alive meanwhile, and a request ends with what waits for it (contract, section 4).
-- What a request can meet is in spec/io; here the other end is the app's own server, or luv.
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"
local uv = require "luv"

-- A server that answers each connection by fn(socket, request); gives its address and a function that closes it.
local function server(fn)
  local listener, sockets = uv.new_tcp(), {}
  assert(listener:bind("127.0.0.1", 0))
  listener:listen(16, function()
    local socket = uv.new_tcp()
    listener:accept(socket)
    sockets[#sockets + 1] = socket
    local got = ""
    socket:read_start(function(err, data)
      if err or not data then
        sockets.gone = (sockets.gone or 0) + 1
        if not socket:is_closing() then socket:close() end
        return
      end
      got = got .. data
      if got:find("\r\n\r\n", 1, true) and fn then
        fn(socket, got)
        got = ""
      end
    end)
  end)
  return "http://127.0.0.1:" .. listener:getsockname().port .. "/", function()
    for _, socket in ipairs(sockets) do if not socket:is_closing() then socket:close() end end
    listener:close()
  end, sockets
end

-- Waits in real time: while a request is under way, the virtual time stands still.
local function eventually(test)
  for _ = 1, 2000 do
    t.settle()
    if test() then return end
    uv.sleep(1)
  end
  error("it did not happen", 2)
end

local function answer(socket, body)
  socket:write(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nX-A: b\r\n\r\n%s"):format(#body, body))
end

describe("tl.http", function()
  it("gives status, headers, body and json to the task that asked", function()
    kit.open()
    local url, close = server(function(socket) answer(socket, '{"a":[1,2]}') end)
    local got = assert(tl.http.get(url))
    close()
    assert.same({ 200, '{"a":[1,2]}', 1 }, { got.status, got.body, got:json().a[1] })
    assert.equal("b", got.headers["x-a"] or got.headers["X-A"])
  end)

  it("reaches the app's own pages by a path", function()
    kit.open()
    local got = assert(tl.http.get "/")
    assert.equal(200, got.status)
    assert.matches("Tasks", got.body)
  end)

  it("sends method, query, headers and bodies", function()
    kit.open()
    local seen
    local url, close = server(function(socket, request)
      seen = request
      answer(socket, "ok")
    end)
    assert(tl.http.request { url = url .. "x", query = { ["a b"] = "c&d" }, headers = { ["X-Own"] = "v" }, json = { n = 1 } })
    close()
    assert.matches("^POST /x%?a%%20b=c%%26d HTTP/1.1", seen)
    assert.matches("[Xx]%-[Oo]wn: v", seen)
    assert.matches("application/json", seen)
  end)

  it("gives nil, a message and a code for what cannot be done", function()
    kit.open()
    local url, close = server()
    close()
    local got, message, code = tl.http.get(url)
    assert.is_nil(got)
    assert.equal("string", type(message))
    assert.equal("connect", code)
    assert.equal("url", select(3, tl.http.get "no url"))
  end)

  it("leaves the other tasks and tabs alive while it waits", function()
    local tab = kit.open()
    local other = kit.another()
    local waiting
    local url, close = server(function(socket) waiting = socket end)
    local got
    kit.start(tab, function(self)
      local a = tl.http.get(url)
      tl.with_state(self, function() self.text = a.body end)
    end)
    eventually(function() return waiting end)
    kit.handle(other, function(self) self.n = 1 end)
    kit.handle(tab, function(self) self.n = 2 end)
    assert.same({ 1, 2 }, { other:state "Job".n, tab:state "Job".n })
    answer(waiting, "late")
    t.advance(1)
    got = tab:state "Job".text
    close()
    assert.equal("late", got)
  end)

  it("keeps the lock in a handler and in a block, and commits after it", function()
    local tab = kit.open()
    local url, close = server(function(socket) answer(socket, "text") end)
    kit.send(tab, function(self)
      self.n = 1
      self.text = tl.http.get(url).body
    end)
    kit.send(tab, function(self) self.a = #self.text end)
    t.advance(1)
    close()
    assert.same({ 1, "text", 4 }, { tab:state "Job".n, tab:state "Job".text, tab:state "Job".a })
  end)

  for how, stop in pairs {
    ["a cancel"] = function(url)
      local task = tl.spawn(function() tl.http.get(url) end)
      return function()
        task:cancel()
        kit.raises("CancelledError", nil, task.await, task)
      end
    end,
    ["the first error of a gather"] = function(url)
      local gate = tl.spawn(tl.sleep, 1000)
      local task = tl.spawn(function() tl.gather(function() tl.http.get(url) end, function() gate:await() end) end)
      return function()
        gate:cancel "the other failed"
        t.settle()
        kit.raises("CancelledError", "the other failed", task.await, task)
      end
    end,
    ["a cancel in a coroutine"] = function(url)
      local task = tl.spawn(function() coroutine.wrap(function() tl.http.get(url) end)() end)
      return function()
        task:cancel()
        kit.raises("CancelledError", nil, task.await, task)
      end
    end,
    ["a cancel while it streams"] = function(url)
      local task = tl.spawn(function() tl.http.request { url = url, on_chunk = function() tl.sleep(1000) end } end)
      return function()
        task:cancel()
        kit.raises("CancelledError", nil, task.await, task)
      end
    end,
  } do
    it("is ended by " .. how .. ", and its connection with it", function()
      kit.open()
      local reached = false
      local url, close, sockets = server(function(socket)
        reached = true
        socket:write "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst"
      end)
      local finish = stop(url)
      eventually(function() return reached end)
      finish()
      eventually(function() return sockets.gone == 1 end)
      close()
    end)
  end

  it("streams to on_chunk, which may wait and enter the block", function()
    local tab = kit.open()
    local url, close = server(function(socket)
      socket:write "HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n"
      socket:write(("x"):rep(400000))
    end)
    kit.start(tab, function(self)
      local got = tl.http.request { url = url, on_chunk = function(text)
        tl.sleep(0)
        tl.with_state(self, function() self.n = self.n + #text end)
      end }
      tl.with_state(self, function() self.a = got.status end)
    end)
    t.advance(5)
    close()
    assert.same({ 400000, 200 }, { tab:state "Job".n, tab:state "Job".a })
  end)

  it("gives an error of on_chunk on, and ends the request", function()
    kit.open()
    local url, close = server(function(socket) answer(socket, "text") end)
    local ok, err = pcall(tl.http.request, { url = url, on_chunk = function() error("enough", 0) end })
    close()
    assert.is_false(ok)
    assert.equal("enough", err)
  end)

  it("cannot wait inside table.sort, and leaves nothing behind there", function()
    kit.open()
    local url, close = server(function(socket) answer(socket, "x") end)
    kit.raises("CannotWaitError", "sort", table.sort, { 2, 1 }, function() return tl.http.get(url) end)
    close()
    tl.sleep(0.01)
  end)
end)
