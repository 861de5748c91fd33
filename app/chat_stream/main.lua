-- A chat with a language model, whose answer comes word by word and can be stopped.
--
-- A background task reads the stream and adds each piece to the answer by tl.append, so the page is sent that piece alone, however long
-- the answer is. Meanwhile everything else works: who writes the next question is not disturbed.

local tl = require "tidelock"
local ui = tl.ui

local upstream = require "upstream"

local Chat = tl.state("Chat", {
  messages = {}, -- { id, question, answer, status = "asking", "done", "stopped" or "failed", problem }
  answering = 0, -- the id of the message that is answered just then; 0: none
  _last_id = 0, -- goes on when a new conversation begins: an id never means another message
})

function Chat:_message(id)
  for _, message in ipairs(self.messages) do
    if message.id == id then return message end
  end
end

-- What the model is told: all that was said, and the question.
function Chat:_conversation()
  local said = {}
  for _, message in ipairs(self.messages) do
    said[#said + 1] = { role = "user", content = message.question }
    if message.answer ~= "" then said[#said + 1] = { role = "assistant", content = message.answer } end
  end
  return said
end

Chat.answer = tl.background(function(self, id)
  local status, problem = "stopped", ""
  local _ <close> = tl.defer(function() -- however it ends, also by Stop
    tl.with_state(self, function()
      local message = self:_message(id) -- nil: a new conversation has begun
      if message then message.status, message.problem = status, problem end
      if self.answering == id then self.answering = 0 end
    end)
  end)
  local ok, err = pcall(upstream.ask, self:_conversation(), function(piece)
    tl.with_state(self, function() tl.append(self:_message(id), "answer", piece) end)
  end)
  if ok then
    status = "done"
  elseif not tl.is_error(err, "CancelledError") then
    status, problem = "failed", tostring(err)
  end
end)

function Chat:ask(fields)
  local question = fields.question:match "^%s*(.-)%s*$"
  if question == "" or self.answering ~= 0 then return tl.focus "question" end
  local id = self._last_id + 1
  self._last_id, self.answering = id, id
  self.messages:push { id = id, question = question, answer = "", status = "asking", problem = "" }
  return Chat.answer(id), tl.set_value("question", ""), tl.focus "question", tl.scroll_to("message-" .. id)
end

-- Asks the last question once more.
function Chat:again()
  local message = self.messages[#self.messages]
  if not message or self.answering ~= 0 then return end
  message.answer, message.status, message.problem = "", "asking", ""
  self.answering = message.id
  return Chat.answer(message.id)
end

function Chat:stop() tl.cancel(self, Chat.answer) end

function Chat:start_anew()
  tl.cancel(self, Chat.answer)
  self.messages, self.answering = {}, 0
  return tl.focus "question"
end

function Chat:copy(id)
  local message = self:_message(id)
  if message then return tl.set_clipboard(message.answer), tl.toast("Copied", { kind = "success" }) end
end

-- The page ---------------------------------------------------------------------------------------

local busy = Chat.answering:ne(0)

local function message(m)
  local last = m.id:eq(Chat.messages:at(#Chat.messages).id)
  return ui.article { class = "card", id = "message-" .. m.id,
    ui.h2 { m.question },
    ui.p { class = "answer", style = { ["white-space"] = "pre-wrap" }, aria_live = "polite", aria_busy = ui.cond(m.status:eq "asking", "true"),
      m.answer, ui.cond(m.status:eq "asking", "…") },
    ui.match(m.status, { stopped = ui.p { class = "help", "Stopped." }, failed = ui.p { class = "error", role = "alert", m.problem } }),
    ui.div { class = "row",
      ui.cond(m.answer:ne "", ui.button { "Copy", class = "quiet", on_click = Chat.copy(m.id) }),
      ui.cond(last & ~busy, ui.button { "Ask again", class = "quiet", on_click = Chat.again }),
    },
  }
end

tl.page("/", { title = "Chat" .. ui.cond(busy, " …", "") }, function()
  return ui.main {
    ui.header { class = "row",
      ui.h1 "Chat",
      ui.button { "New conversation", class = "quiet", on_click = Chat.start_anew, disabled = (#Chat.messages):eq(0) },
    },
    ui.cond((#Chat.messages):eq(0), ui.p "Ask about tides, boats or knots. The answer comes word by word."),
    ui.section { class = "stack", aria_label = "Conversation", ui.foreach(Chat.messages, message, { key = "id" }) },
    ui.form { class = "row", on_submit = Chat.ask,
      style = { position = "sticky", bottom = 0, ["padding-block"] = "0.75rem", background = "var(--tl-back)" }, -- in sight, however long the answers
      ui.input { id = "question", name = "question", aria_label = "Question", placeholder = "How do tides work?", autocomplete = "off" },
      ui.cond(busy,
        ui.button { "Stop", type = "button", class = "danger", on_click = Chat.stop },
        ui.button "Ask"),
    },
  }
end)
