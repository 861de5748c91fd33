-- The chat, driven without a browser. The model is a server of this spec, which says what the spec tells it to, when it tells it to.
local tl, t = require "tidelock", require "tidelock.testing"
local luv = require "luv"

local APP = "app/chat_stream/main.lua"

-- What comes over a socket takes real time.
local function eventually(test)
  for _ = 1, 2000 do
    t.settle()
    if test() then return end
    luv.sleep(1)
  end
  error("it did not happen", 2)
end

-- A service with one request after another. Gives a table: `asked`, the list of their bodies, decoded; `gone`, how many were hung up;
-- `say(text)` streams a piece of the answer to the newest request, `raw(text)` any bytes, `finish()` ends it.
local function service()
  local listener, sockets = luv.new_tcp(), {}
  local self = { asked = {}, gone = 0, status = "200 OK" }

  local function serve(socket)
    local got = ""
    socket:read_start(function(err, data)
      if err or not data then
        self.gone = self.gone + 1
        return not socket:is_closing() and socket:close()
      end
      got = got .. data
      local head, body = got:match "^(.-\r\n\r\n)(.*)$"
      if not head or #body < tonumber(head:lower():match "content%-length: (%d+)") then return end
      self.asked[#self.asked + 1] = tl.json.decode(body)
      socket:write(("HTTP/1.1 %s\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"):format(self.status))
    end)
  end

  assert(listener:bind("127.0.0.1", 0))
  listener:listen(16, function()
    local socket = luv.new_tcp()
    listener:accept(socket)
    sockets[#sockets + 1] = socket
    serve(socket)
  end)
  self.url = ("http://127.0.0.1:%d/"):format(listener:getsockname().port)
  function self.raw(text) sockets[#sockets]:write(text) end
  function self.say(text) self.raw("data: " .. tl.json.encode { choices = { { delta = { content = text } } } } .. "\n\n") end
  function self.finish()
    local socket = sockets[#sockets]
    self.raw "data: [DONE]\n\n"
    socket:shutdown(function() return not socket:is_closing() and socket:close() end)
  end
  function self.close()
    for _, socket in ipairs(sockets) do if not socket:is_closing() then socket:close() end end
    if not listener:is_closing() then listener:close() end
  end
  return self
end

describe("the chat", function()
  local tab, model

  before_each(function()
    model = service()
    luv.os_setenv("CHAT_URL", model.url)
    tab = t.open(APP, "/")
  end)

  after_each(function()
    model.close()
    luv.os_unsetenv "CHAT_URL"
  end)

  local function ask(question, where)
    local before = #model.asked
    local asking = where or tab
    asking:submit("form", { question = question })
    eventually(function() return #model.asked > before end)
  end

  local function shown(n, where) return (where or tab):state "Chat".messages[n].answer end

  local function say(...)
    for _, piece in ipairs { ... } do
      local deltas = #tab:deltas()
      model.say(piece)
      eventually(function() return #tab:deltas() > deltas end)
    end
  end

  local function finish(where)
    model.finish()
    eventually(function() return (where or tab):state "Chat".answering == 0 end)
  end

  it("shows the answer as it comes, word by word", function()
    ask "What is a spring tide?"
    assert.equal("What is a spring tide?", tab:text "article h2")
    assert.equal("…", tab:text ".answer")
    assert.equal("", tab:value "#question")
    say("A ", "high ")
    assert.equal("A high …", tab:text ".answer")
    assert.equal("true", tab:attr(".answer", "aria-busy"))
    say "tide"
    finish()
    assert.equal("A high tide", tab:text ".answer")
    assert.is_nil(tab:attr(".answer", "aria-busy"))
    assert.is_true(tab:exists "Ask")
    assert.same({}, tl.tasks())
  end)

  it("sends the piece alone, however long the answer has become", function()
    local function size_of(piece)
      say(piece)
      local patch = tl.json.encode(tab:deltas()[#tab:deltas()].patch)
      assert.matches(piece, patch, 1, true)
      return #patch
    end
    ask "Tell me all"
    say "The moon pulls at the water, and the water follows: " -- a text of a few letters is sent whole
    local early = size_of "early "
    say(("x"):rep(50000))
    assert.equal(early, size_of "later ")
    assert.is_true(early < 100)
    assert.equal(#"The moon pulls at the water, and the water follows: early later " + 50000, #shown(1))
    finish()
  end)

  it("finds the pieces wherever the body is cut, also within a character", function()
    ask "Where?"
    local whole = "data: " .. tl.json.encode { choices = { { delta = { content = "Åland – ebb" } } } } .. "\r\n\r\n: a comment\n"
    for i = 1, #whole do
      model.raw(whole:sub(i, i))
      t.settle()
    end
    eventually(function() return shown(1) ~= "" end)
    assert.equal("Åland – ebb", shown(1))
    finish()
  end)

  it("stops at once, keeps what was said, and hangs up", function()
    ask "Tell me all"
    say("One ", "two ")
    tab:click "Stop"
    assert.equal("One two", tab:text ".answer")
    assert.equal("Stopped.", tab:text "article .help")
    assert.same({}, tl.tasks())
    assert.same({}, tab:errors())
    eventually(function() return model.gone == 1 end)
    assert.is_true(tab:exists "Ask")
  end)

  it("answers one question after the other, and tells the model what was said before", function()
    ask "First?"
    say "Yes."
    finish()
    ask "Second?"
    say "No."
    finish()
    assert.equal(2, tab:count "article")
    assert.equal("No.", shown(2))
    assert.same({
      { role = "user", content = "First?" }, { role = "assistant", content = "Yes." }, { role = "user", content = "Second?" },
    }, model.asked[2].messages)
    assert.is_true(model.asked[2].stream)
  end)

  it("stays alive meanwhile: copies, and takes no second question", function()
    ask "First?"
    say "Yes."
    tab:click "Copy"
    assert.same({ "set_clipboard", "Yes." }, { tab:effects()[4][1], tab:effects()[4][2] })
    tab:submit("form", { question = "Second?" })
    assert.equal(1, tab:count "article")
    assert.equal("Second?", tab:value "#question")
    say " Really."
    finish()
    assert.equal("Yes. Really.", shown(1))
    tab:submit("form", { question = "Second?" })
    eventually(function() return #model.asked == 2 end)
    finish()
  end)

  it("asks nothing without a question", function()
    tab:submit("form", { question = "  " })
    assert.equal(0, tab:count "article")
    assert.same({ "focus", "question" }, { tab:effects()[1][1], tab:effects()[1][2] })
  end)

  it("tells what went wrong at the other end, and asks again", function()
    model.status = "503 Service Unavailable"
    ask "First?"
    finish()
    assert.equal("The model answered with status 503", tab:text "[role=alert]")
    assert.same({}, tab:errors())
    model.status = "200 OK"
    tab:click "Ask again"
    eventually(function() return #model.asked == 2 end)
    assert.equal(0, tab:count "[role=alert]")
    say "Yes."
    finish()
    assert.equal("Yes.", shown(1))
    assert.same({ { role = "user", content = "First?" } }, model.asked[2].messages)
  end)

  it("tells when the model cannot be reached", function()
    model.close()
    tab:submit("form", { question = "First?" })
    eventually(function() return tab:exists "[role=alert]" end)
    assert.matches("^The model cannot be reached: ", tab:text "[role=alert]")
    assert.equal(0, tab:state "Chat".answering)
  end)

  it("keeps what came before the stream broke", function()
    ask "First?"
    say "Half a "
    model.raw "data: {\"choices\":[{\"del\n\n"
    eventually(function() return tab:exists "[role=alert]" end)
    assert.equal("Half a", tab:text ".answer")
    assert.matches("^JsonError: ", tab:text "[role=alert]")
  end)

  it("begins a new conversation, also in the middle of an answer", function()
    ask "First?"
    say "One "
    tab:click "New conversation"
    assert.equal(0, tab:count "article")
    assert.same({}, tl.tasks())
    ask "Second?"
    say "Two"
    finish()
    assert.equal("Two", tab:text ".answer")
    assert.same({ { role = "user", content = "Second?" } }, model.asked[2].messages)
  end)

  it("is one tab's: another asks for itself, at the same time", function()
    local other = t.open(APP, "/")
    ask "First?"
    say "One "
    ask("Second?", other)
    model.say "Two"
    eventually(function() return shown(1, other) == "Two" end)
    assert.equal("One …", tab:text ".answer")
    tab:click "Stop"
    assert.equal("One", tab:text ".answer")
    assert.equal("Two…", other:text ".answer")
    finish(other)
    assert.equal("Two", other:text ".answer")
    assert.equal("Second?", other:text "h2")
  end)

  it("goes on while the page is away", function()
    ask "First?"
    say "One "
    tab:disconnect()
    model.say "two "
    model.finish()
    eventually(function() return #tl.tasks() == 0 end)
    assert.equal("One …", tab:text ".answer")
    tab:reconnect()
    assert.equal("One two", tab:text ".answer")
  end)
end)
