using Hydra.Engine.Replay;
using Hydra.Engine.Running;
using Hydra.Storage;

namespace Hydra.Simulation.Checks;

/// <summary>A durable call as it was issued, whoever ran the code.</summary>
internal sealed record IssuedCall(long Epoch, int Position, int Ordinal, string Key, Payload Input, Instant Due)
{
    public static IssuedCall Of(Call call, long epoch) =>
        new(epoch, call.Position, call.Ordinal, call.Key, call.Input, (call as SleepCall)?.Due ?? default);

    public bool IsSame(IssuedCall other) => Position == other.Position && Ordinal == other.Ordinal
        && Key == other.Key && Input.HasSamePlaintext(other.Input);

    public override string ToString() =>
        $"'{Key}' at {Position}.{Ordinal} with {System.Text.Encoding.UTF8.GetString(Input.Data.Span)}";
}
