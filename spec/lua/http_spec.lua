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
      local head, body = got:match "^(.-\r\n\r\n)(.*)$"
      if head and #body >= tonumber(head:lower():match "content%-length: (%d+)" or 0) and fn then
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
  -- holds: http.answer
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

  -- holds: http.request
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

  -- holds: http.error
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

  -- holds: handler.wait
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

  -- holds: http.on_chunk
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

  -- holds: http.form
  it("sends a form: fields in order, lists as several, and a query by the same rule", function()
    kit.open()
    local seen
    local url, close = server(function(socket, request)
      seen = request
      answer(socket, "ok")
    end)
    assert(tl.http.request { url = url .. "x?a=1", query = { q = { 1, "ü" }, b = true },
      form = { name = "Ann & Ben", tag = { "x", "y z" }, n = 5, f = 0.5, yes = false, none = {} } })
    close()
    assert.matches("^POST /x%?a=1&b=true&q=1&q=%%C3%%BC HTTP/1.1", seen)
    assert.matches("[Cc]ontent%-[Tt]ype: application/x%-www%-form%-urlencoded", seen)
    assert.equal("f=0.5&n=5&name=Ann%20%26%20Ben&tag=x&tag=y%20z&yes=false", seen:match "\r\n\r\n(.*)$")
  end)

  -- holds: http.request
  it("sends what a state holds, as a form and as JSON", function()
    local tab = kit.open()
    local seen = {}
    local url, close = server(function(socket, request)
      seen[#seen + 1] = request
      answer(socket, "ok")
    end)
    kit.handle(tab, function(self)
      self.items = { 1, 2 }
      assert(tl.http.request { url = url, form = { id = self.items } })
      assert(tl.http.request { url = url, json = self.items, method = "PUT", headers = { ["content-type"] = "application/own" } })
    end)
    eventually(function() return #seen == 2 end)
    t.advance(1)
    close()
    assert.matches("\r\n\r\nid=1&id=2$", seen[1])
    assert.matches("^PUT / ", seen[2])
    assert.matches("\r\n\r\n%[1,2%]$", seen[2])
    assert.matches("application/own", seen[2])
    assert.is_nil(seen[2]:find("application/json", 1, true))
  end)

  it("gives what is no JSON as an error of its own", function()
    kit.open()
    local url, close = server(function(socket) answer(socket, "<html>") end)
    local got = assert(tl.http.get(url))
    close()
    kit.raises("JsonError", nil, got.json, got)
  end)

  it("joins headers of one name, and has names in lower case", function()
    kit.open()
    local url, close = server(function(socket)
      socket:write "HTTP/1.1 204 No Content\r\nX-Two: a\r\nx-two: b\r\nSET-COOKIE: c=1\r\n\r\n"
    end)
    local got = assert(tl.http.get(url))
    close()
    assert.equal(204, got.status)
    assert.same({ ["x-two"] = "a, b", ["set-cookie"] = "c=1" }, got.headers)
    assert.equal("", got.body)
  end)

  -- holds: http.follow
  it("follows redirects as far as it is told, and nowhere but to http and https", function()
    kit.open()
    local asked = 0
    local url, close
    url, close = server(function(socket, request)
      asked = asked + 1
      local to = request:match "^GET /to(%S+)" or "/n" .. (tonumber(request:match "^GET /n(%d+)" or 0) + 1)
      socket:write(("HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"):format(to))
    end)
    assert.equal("redirects", select(3, tl.http.get(url .. "n1")))
    assert.equal(6, asked)
    assert.equal(302, assert(tl.http.get(url .. "n1", { follow = 0 })).status)
    assert.equal("redirects", select(3, tl.http.get(url .. "tofile:///etc/passwd")))
    close()
  end)

  -- holds: http.timeout
  it("gives up when the time is over, at any part of the answer", function()
    kit.open()
    local parts = { "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf" }
    for _, part in ipairs(parts) do
      local url, close = server(function(socket) if part ~= "" then socket:write(part) end end)
      local got, message, code = tl.http.get(url, { timeout = 0.1 })
      close()
      assert.same({ nil, "timeout" }, { got, code })
      assert.matches("no whole answer in time from 127.0.0.1:%d+", message)
    end
  end)

  -- holds: http.max_size
  it("takes no more than max_size, of a whole body and of one in pieces", function()
    kit.open()
    for _, on_chunk in ipairs { false, function() end } do
      local url, close = server(function(socket) answer(socket, ("x"):rep(5000)) end)
      local got, message, code = tl.http.get(url, { max_size = 4999, on_chunk = on_chunk or nil })
      assert.same({ nil, "too_large" }, { got, code })
      assert.matches("larger than 4999 bytes", message)
      assert.equal(200, assert(tl.http.get(url, { max_size = 5000, on_chunk = on_chunk or nil })).status)
      close()
    end
  end)

  it("runs many at once", function()
    kit.open()
    local waiting = {}
    local url, close = server(function(socket) waiting[#waiting + 1] = socket end)
    local fns = {}
    for i = 1, 30 do
      fns[i] = function() return assert(tl.http.get(url .. i)).body end
    end
    local task = tl.spawn(function() return tl.gather(table.unpack(fns)) end)
    eventually(function() return #waiting == 30 end) -- all are there before one is answered
    for i = 30, 1, -1 do answer(waiting[i], "x") end
    assert.equal(("x"):rep(30), table.concat(table.pack(task:await())))
    close()
  end)

  it("says which option is wrong, before anything is sent", function()
    kit.open()
    local function wrong(words, opts)
      local ok, err = pcall(tl.http.request, opts)
      assert.is_false(ok)
      assert.is_truthy(tostring(err):find(words, 1, true), tostring(err))
    end
    local url = "http://127.0.0.1:1/"
    wrong("tl.http.request takes a table", url)
    wrong("url is missing", {})
    wrong("url is a string, got 5", { url = 5 })
    wrong("unknown option timeuot (did you mean timeout?)", { url = url, timeuot = 1 })
    wrong("timeout is seconds above 0, got 0", { url = url, timeout = 0 })
    wrong("timeout is seconds above 0, got the string \"5\"", { url = url, timeout = "5" })
    wrong("max_size is a number of bytes, got -1", { url = url, max_size = -1 })
    wrong("follow is a number of redirects, got 0.5", { url = url, follow = 0.5 })
    wrong("on_chunk is a function, got true", { url = url, on_chunk = true })
    wrong("headers is a map from names to values, got the string \"x\"", { url = url, headers = "x" })
    wrong("headers is a map from names to values, got a function for X", { url = url, headers = { X = print } })
    wrong("give one of body, json and form", { url = url, body = "x", json = {} })
    wrong("query: the field a is a string, a number, a boolean or a list of these, got a function", { url = url, query = { a = print } })
    wrong("form: the field a", { url = url, form = { a = { { 1 } } } })
    wrong("a header may not contain a line break: X", { url = url, headers = { X = "a\r\nY: b" } })
    assert.is_false((pcall(tl.http.get, url, 5)))
  end)

  it("cannot wait inside table.sort, and leaves nothing behind there", function()
    kit.open()
    local url, close = server(function(socket) answer(socket, "x") end)
    kit.raises("CannotWaitError", "sort", table.sort, { 2, 1 }, function() return tl.http.get(url) end)
    close()
    tl.sleep(0.01)
  end)
end)

describe("a proxy of the environment", function()
  local names = { "http_proxy", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY" }
  local before = {}

  before_each(function()
    for _, name in ipairs(names) do
      before[name] = uv.os_getenv(name)
      uv.os_unsetenv(name)
    end
  end)
  after_each(function()
    for _, name in ipairs(names) do
      if before[name] then uv.os_setenv(name, before[name]) else uv.os_unsetenv(name) end
    end
  end)

  it("gets what leads elsewhere", function()
    kit.open()
    local seen
    local url, close = server(function(socket, request)
      seen = request
      answer(socket, "by the proxy")
    end)
    uv.os_setenv("http_proxy", url)
    assert.equal("by the proxy", assert(tl.http.get "http://far.invalid/x").body)
    close()
    assert.matches("^GET http://far.invalid/x HTTP/1.1\r\n", seen)
  end)

  it("does not get what is on this machine, the app's own pages least of all", function()
    kit.open()
    local url, close = server(function(socket) answer(socket, "directly") end)
    uv.os_setenv("http_proxy", "http://127.0.0.1:1")
    for _, no_proxy in ipairs { "", "example.org", "*" } do
      uv.os_setenv("no_proxy", no_proxy)
      assert.equal("directly", assert(tl.http.get(url)).body)
      assert.equal("directly", assert(tl.http.get((url:gsub("127.0.0.1", "localhost")))).body)
      assert.equal(200, assert(tl.http.get "/").status)
    end
    close()
  end)

  it("does not get what no_proxy names", function()
    kit.open()
    uv.os_setenv("http_proxy", "http://127.0.0.1:1")
    for _, no_proxy in ipairs { "far.invalid", "other.invalid,far.invalid", "*" } do
      uv.os_setenv("no_proxy", no_proxy)
      assert.equal("dns", select(3, tl.http.get "http://far.invalid/"))
    end
  end)

  it("that cannot be reached is told as what failed", function()
    kit.open()
    for proxy, wanted in pairs { ["http://127.0.0.1:1"] = "connect", ["http://proxy.invalid:80"] = "dns" } do
      uv.os_setenv("http_proxy", proxy)
      local _, message, code = tl.http.get "http://far.invalid/x"
      assert.equal(wanted, code)
      assert.matches("could not reach the proxy .* for far.invalid:80", message)
    end
  end)
end)
