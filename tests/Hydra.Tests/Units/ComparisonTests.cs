using Hydra.Engine.Replay;
using Hydra.Storage;

namespace Hydra.Tests.Units;

/// <summary>What people read when code and journal differ.</summary>
public class ComparisonTests
{
    private readonly CallTable _calls = new();

    [Theory]
    [InlineData(EntryKind.Step, "step 'charge' at seq 3")]
    [InlineData(EntryKind.Sleep, "sleep 'charge' at seq 3")]
    [InlineData(EntryKind.Foreign, "foreign continuation 'charge' at seq 3")]
    [InlineData(EntryKind.Cancellation, "cancellation 'charge' at seq 3")]
    [InlineData(EntryKind.Timeout, "timeout 'charge' at seq 3")]
    public void Every_kind_of_outcome_has_a_word(EntryKind kind, string words)
    {
        Assert.Equal(words, Comparison.Describe(Recorded(Text("input")) with { Kind = kind }));
    }

    [Fact]
    public void Code_that_awaits_nothing_is_told_so()
    {
        Assert.Equal(
            "The journal has step 'charge' at seq 3, but the code awaits nothing.",
            Comparison.Check(Recorded(Text("input")), call: null, _calls)!.Message);
    }

    [Fact]
    public void All_that_code_awaits_instead_is_told_in_the_order_of_issue()
    {
        _calls.Add(new StubCall("debit", Text("input")));
        _calls.Add(new StubCall("ship", Text("input")));

        Assert.Equal(
            "The journal has step 'charge' at seq 3, but the code awaits step 'debit', step 'ship'.",
            Comparison.Check(Recorded(Text("input")), call: null, _calls)!.Message);
    }

    [Theory]
    [InlineData(EntryKind.Sleep, 2, 1)]
    [InlineData(EntryKind.Step, 3, 1)]
    [InlineData(EntryKind.Step, 2, 0)]
    public void A_call_of_another_kind_or_place_is_another_call(EntryKind kind, int position, int ordinal)
    {
        var recorded = Recorded(Text("input")) with { Kind = kind, Position = position, Ordinal = ordinal };

        Assert.Contains(
            $"issued at {position}.{ordinal}, but the code issued step 'charge' at 2.1.",
            Comparison.Check(recorded, Issued(Text("input")), _calls)!.Message,
            StringComparison.Ordinal);
        Assert.Null(Comparison.Check(Recorded(Text("input")), Issued(Text("input")), _calls));
    }

    [Fact]
    public void Inputs_are_shown_up_to_three_hundred_characters()
    {
        var (fits, long_) = (new string('x', 300), new string('y', 301));

        var message = Comparison.Check(Recorded(Text(fits)), Issued(Text(long_)), _calls)!.Message;

        Assert.Equal(
            $"The input of step 'charge' at seq 3 was {fits}, "
            + $"but the code gives it {long_[..300]}... ({Text(long_)}).",
            message);
    }

    [Fact]
    public void No_input_is_shown_as_nothing()
    {
        Assert.EndsWith(
            "was nothing, but the code gives it input.",
            Comparison.Check(Recorded(default), Issued(Text("input")), _calls)!.Message,
            StringComparison.Ordinal);
    }

    private static Payload Text(string text) => Payload.Create(System.Text.Encoding.UTF8.GetBytes(text));

    private static JournalEntry Recorded(Payload input) => new()
    {
        Seq = 3,
        Kind = EntryKind.Step,
        Key = "charge",
        Position = 2,
        Ordinal = 1,
        Input = input,
        At = new Instant(1),
        Epoch = 1,
    };

    private static StubCall Issued(Payload input) => new("charge", input) { Position = 2, Ordinal = 1 };

    private sealed class StubCall(string key, Payload input) : Call(EntryKind.Step, key, input)
    {
        public override bool HasSameInput(Payload recorded) => Input.HasSamePlaintext(recorded);

        public override void Deliver(JournalEntry outcome)
        {
        }

        public override void End(OperationCanceledException reason)
        {
        }
    }
}
