-- stubs_spec.lua: t.http_stub stands for the network: what it answers, when, and what it says of a request that nobody answers.
local tl, t = require "tidelock", require "tidelock.testing"
local kit = require "spec.lua.apps.tasks_kit"

local URL <const> = "https://api.test/items"

-- What fn gave in a background task, and when.
local function in_task(tab, fn)
  local out = {}
  kit.background(tab, function()
    out.results = table.pack(fn())
    out.at = tl.now()
  end)
  return out
end

local function fails(text, fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok, "it did not fail")
  assert.equal(text, (tostring(err):gsub("^[%w_/]+%.lua:%d+: ", "")))
end

describe("a stub", function()
  -- holds: testing.stub
  it("answers with status, headers and body, without a network", function()
    t.http_stub { url = URL, status = 201, headers = { ["X-Own"] = "a", ETag = 5 }, body = "text" }
    local answer = assert(tl.http.get(URL))
    assert.same({ 201, "a", "5", "text" }, { answer.status, answer.headers["x-own"], answer.headers.etag, answer.body })
  end)

  it("answers with json, and with 200 and nothing when nothing is said", function()
    t.http_stub { url = URL, json = { list = { 1, 2 }, none = tl.null } }
    t.http_stub { url = "https://api.test" }
    local answer = assert(tl.http.get(URL))
    assert.same({ list = { 1, 2 }, none = tl.null }, answer:json())
    assert.equal("application/json", answer.headers["content-type"])
    answer = assert(tl.http.get "https://api.test/")
    assert.same({ 200, "" }, { answer.status, answer.body })
  end)

  -- holds: testing.stub.requests
  it("records the requests that were made to it", function()
    local tab = kit.open()
    local stub = t.http_stub { url = URL, status = 201 }
    t.advance(2)
    in_task(tab, function()
      tl.http.request { url = URL, query = { a = "b c&d", n = { 1, 2 } }, headers = { ["X-Own"] = "v" }, json = { n = 1 } }
      tl.http.get(URL)
    end)
    assert.equal(2, #stub.requests)
    local first, second = stub.requests[1], stub.requests[2]
    assert.same({ "POST", URL .. "?a=b%20c%26d&n=1&n=2", "v", '{"n":1}', 1 },
      { first.method, first.url, first.headers["x-own"], first.body, first:json().n })
    assert.same({ a = "b c&d", n = { "1", "2" } }, first.query)
    assert.same({ "GET", {}, nil }, { second.method, second.query, second.body })
    assert.equal(tl.now(), second.at)
  end)

  it("is found by method, url and pattern, the newest first", function()
    t.http_stub { pattern = "^https://api%.test/items/%d+$", body = "any" }
    t.http_stub { url = URL .. "/7", method = "delete", body = "gone" }
    t.http_stub { url = URL .. "/8?full=1", body = "full" }
    t.http_stub { url = URL .. "/8", body = "short" }
    local function get(rest, method) return assert(tl.http.request { url = URL .. rest, method = method }).body end
    assert.same({ "any", "gone", "short", "short" }, { get "/7", get("/7", "DELETE"), get "/8", get "/8?full=2" })
    t.http_stub { url = URL .. "/8?full=1", body = "full" }
    assert.same({ "full", "short" }, { get "/8?full=1", get "/8?full=2" })
  end)

  it("has answers in turn, the last one for all others, and functions", function()
    t.http_stub { url = URL, { status = 503 }, { error = "connect" }, function(request)
      return { json = { asked = request.method } }
    end }
    local function get()
      local answer, _, code = tl.http.get(URL)
      return code or answer.status == 200 and answer:json().asked or answer.status
    end
    assert.same({ 503, "connect", "GET", "GET" }, { get(), get(), get(), get() })
  end)

  it("stands for the app's own paths, too", function()
    kit.open()
    local stub = t.http_stub { url = "/api", body = "own" }
    assert.equal("own", tl.http.get("/api", { query = { a = 1 } }).body)
    assert.same({ "/api?a=1", { a = "1" } }, { stub.requests[1].url, stub.requests[1].query })
    kit.raises("StubError", "no stub answers GET /other, .*t.http_stub{ url = \"/other\", ... } %(there are: any /api%)",
      function() tl.http.get "/other" end)
  end)

  it("follows redirects as far as the request does", function()
    t.http_stub { url = URL, status = 302, headers = { Location = "/other/1" } }
    t.http_stub { url = "https://api.test/other/1", status = 301, headers = { location = "2" } }
    local last = t.http_stub { url = "https://api.test/other/2", body = "there" }
    t.http_stub { url = "https://loop.test/", status = 307, headers = { location = "/" } }
    assert.equal("there", tl.http.request({ url = URL, body = "x" }).body)
    assert.same({ "GET", nil }, { last.requests[1].method, last.requests[1].body })
    assert.equal(302, tl.http.get(URL, { follow = 0 }).status)
    assert.equal("redirects", select(3, tl.http.get "https://loop.test"))
    assert.equal("redirects", select(3, tl.http.get(URL, { follow = 1 })))
  end)
end)

describe("a stub in time", function()
  -- holds: testing.stub.time
  it("answers after its delay, of virtual time", function()
    local tab = kit.open()
    t.http_stub { url = URL, delay = 2.5, body = "late" }
    local got = in_task(tab, function() return tl.http.get(URL).body end)
    t.advance(2.4)
    assert.is_nil(got.at)
    assert.equal("waiting", tl.debug.tasks()[1].status)
    t.advance(0.1)
    assert.equal("late", got.results[1])
  end)

  it("gives its chunks when they come, and a body that is all of them", function()
    local tab = kit.open()
    t.http_stub { url = URL, delay = 1, chunks = { "one ", 2, "two ", 0.5, "three" } }
    local start, seen = tl.now(), {}
    local got = in_task(tab, function()
      return tl.http.get(URL, { on_chunk = function(text) seen[#seen + 1] = text .. tl.now() - start end })
    end)
    t.advance(10)
    assert.same({ "one 1.0", "two 3.0", "three3.5" }, seen)
    assert.same({ 200, "" }, { got.results[1].status, got.results[1].body })
    assert.equal("one two three", tl.http.get(URL).body)
  end)

  it("goes on sending while the reader is slow, as a server does", function()
    local tab, log, note = kit.open(), kit.log()
    t.http_stub { url = URL, chunks = { "a", 1, "b", 1, "c", 10, "d" } }
    local start = tl.now()
    local got = in_task(tab, function()
      return tl.http.get(URL, { timeout = 4, on_chunk = function(text)
        note(text .. tl.now() - start)
        tl.sleep(3)
      end })
    end)
    t.advance(20)
    assert.same({ "a0.0", "b3.0", "c6.0" }, log)
    assert.equal("timeout", got.results[3])
  end)

  it("fails with each code as a real request does", function()
    local function ask(opts)
      t.http_stub(opts)
      return table.pack(tl.http.get(URL, { timeout = 3 }))
    end
    assert.same({ nil, "could not connect to api.test:443: connection refused", "connect", n = 3 }, ask { url = URL, error = "connect" })
    assert.same({ nil, "could not find the address of api.test:443", "dns", n = 3 }, ask { url = URL, error = "dns" })
    assert.equal("tls", ask { url = URL, error = "tls", delay = 0.1 }[3])
    local before = tl.now()
    assert.same({ nil, "no whole answer in time from api.test:443", "timeout", n = 3 }, ask { url = URL, error = "timeout" })
    assert.equal(3, tl.now() - before)
    assert.equal("timeout", ask { url = URL, delay = math.huge }[3])
    assert.equal("timeout", ask { url = URL, chunks = { "a", 4, "b" } }[3])
    t.http_stub { url = URL, body = ("x"):rep(11) }
    assert.same({ nil, "the answer is larger than 10 bytes", "too_large", n = 3 }, table.pack(tl.http.get(URL, { max_size = 10 })))
  end)

  it("breaks off in the middle", function()
    local tab = kit.open()
    t.http_stub { url = URL, chunks = { "half", 1 }, error = "protocol" }
    local text = ""
    local got = in_task(tab, function() return tl.http.get(URL, { on_chunk = function(piece) text = text .. piece end }) end)
    t.advance(1)
    assert.same({ "half", "protocol" }, { text, got.results[3] })
  end)

  -- holds: testing.stub.time
  it("ends with what waits for it: a cancel, a timeout, a race", function()
    local tab = kit.open()
    t.http_stub { url = URL, delay = 5, body = "slow" }
    t.http_stub { url = "https://fast.test/", delay = 1, body = "fast" }
    local closed
    kit.background(tab, function()
      local _ <close> = tl.defer(function() closed = true end)
      tl.http.get(URL)
    end)
    local timed = in_task(tab, function() return select(2, pcall(tl.timeout, 2, tl.http.get, URL)) end)
    local raced = in_task(tab, function()
      return tl.race(function() return tl.http.get(URL).body end, function() return tl.http.get("https://fast.test").body end)
    end)
    tl.tasks()[1]:cancel()
    t.settle()
    assert.is_true(closed)
    t.advance(2)
    assert.is_true(tl.is_error(timed.results[1], "TimeoutError"))
    assert.matches("fast", tostring(raced.results[1]) .. tostring(raced.results[2]))
    assert.same({}, tl.tasks())
  end)

  it("comes in the order that is drawn, where several answers are there at once", function()
    local function order(seed)
      t.seed(seed)
      local tab, seen = kit.open(), {}
      t.http_stub { pattern = ".", delay = 1 }
      for i = 1, 4 do
        kit.start(tab, function()
          tl.http.get(URL .. i)
          seen[#seen + 1] = i
        end)
      end
      t.advance(1)
      return table.concat(seen)
    end
    local orders = {}
    for seed = 0, 9 do orders[order(seed)] = true end
    assert.is_true(orders["1234"])
    assert.is_not_nil(next(orders, next(orders)))
  end)
end)

describe("a request without a stub", function()
  -- holds: testing.stub.none
  it("fails the spec at its next step, and names the url", function()
    local tab = kit.open()
    t.http_stub { url = URL }
    kit.start(tab, function() tl.http.get "https://other.test/x" end)
    local ok, err = pcall(t.settle)
    assert.is_false(ok)
    assert.matches("^spec/lua/stubs_spec.lua:%d+: no stub answers GET https://other.test/x, and there are stubs", err)
    assert.matches("declare t.http_stub{ url = \"https://other.test/x\", ... } %(there are: any https://api.test/items%)$", err)
    assert.matches("StubError", tab:errors()[1].name)
    t.settle() -- told once
  end)

  it("raises in the spec when the spec itself asks", function()
    t.http_stub { url = URL, method = "POST" }
    local err = kit.raises("StubError", "no stub answers GET https://api.test/items.*there are: POST https://api.test/items",
      function() tl.http.get(URL) end)
    assert.is_not_nil(err)
  end)

  it("is one to the network again in the next spec", function()
    assert.equal("connect", select(3, tl.http.get "http://127.0.0.1:1/"))
  end)
end)

describe("t.http_stub", function()
  it("says what is wrong with its options", function()
    local stub = t.http_stub
    fails("t.http_stub takes a table: t.http_stub{ url = \"https://...\", json = {} }, got the string \"x\"", function() stub "x" end)
    fails("t.http_stub: give one of url and pattern", function() stub {} end)
    fails("t.http_stub: give one of url and pattern", function() stub { url = "/", pattern = "." } end)
    fails("t.http_stub: unknown option stat (did you mean status?)", function() stub { url = "/", stat = 5 } end)
    fails("t.http_stub: status is a status from 100 to 599, got 99", function() stub { url = "/", status = 99 } end)
    fails("t.http_stub: delay is seconds, 0 or more, got -1", function() stub { url = "/", delay = -1 } end)
    fails("t.http_stub: pattern is a Lua pattern, got the string \"[\"", function() stub { pattern = "[" } end)
    fails("t.http_stub: give one of body, json and chunks", function() stub { url = "/", body = "", json = {} } end)
    fails("t.http_stub: give status or error; an answer that breaks off has none", function() stub { url = "/", status = 200, error = "dns" } end)
    fails("t.http_stub: error is one of \"connect\", \"dns\", \"protocol\", \"redirects\", \"timeout\", \"tls\", got the string \"down\"",
      function() stub { url = "/", error = "down" } end)
    fails("t.http_stub: answer 2 is a table or a function, got 5", function() stub { url = "/", {}, 5 } end)
    fails("t.http_stub: answer 1: unknown option bdy (did you mean body?)", function() stub { url = "/", { bdy = "" } } end)
    fails("t.http_stub: body stands in one of the answers, as there is a list of them", function() stub { url = "/", body = "", {} } end)
  end)

  it("says what is wrong with what a function returns", function()
    t.http_stub { url = URL, function() end, function() return { status = "200" } end }
    fails("t.http_stub: the function returns a table, an answer, not nil", tl.http.get, URL)
    fails("t.http_stub: what the function returns: status is a status from 100 to 599, got the string \"200\"", tl.http.get, URL)
  end)
end)
