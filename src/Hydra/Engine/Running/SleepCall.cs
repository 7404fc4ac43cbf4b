using System.Globalization;
using System.Text;
using Hydra.Engine.Replay;
using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <summary>A sleep that workflow code has called.</summary>
internal sealed class SleepCall(string key, Payload input, Instant due) : Call(EntryKind.Sleep, key, input)
{
    private readonly CompletionSource<Nothing> _completion = new();

    public Task Task => _completion.Task;

    /// <summary>When it is over, by the database's clock.</summary>
    public Instant Due { get; } = due;

    /// <summary>Whether its end is on the way to the loop.</summary>
    public bool Fired { get; set; }

    public override bool HasSameInput(Payload recorded) => Input.HasSamePlaintext(recorded);

    public override void Deliver(JournalEntry outcome) => _completion.Succeed(default);

    public override void End(OperationCanceledException reason) => _completion.End(reason);

    /// <summary>What is recorded and compared: the length that was asked for, not when it happens to end.</summary>
    public static Payload InputFor(TimeSpan duration) => Payload.Create(Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $$"""{"forMicros":{{duration.Ticks / 10}}}""")));

    /// <summary>What is recorded and compared: the moment that was asked for.</summary>
    public static Payload InputFor(DateTimeOffset until) => Payload.Create(Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $$"""{"untilMicros":{{Instant.From(until).Micros}}}""")));
}
