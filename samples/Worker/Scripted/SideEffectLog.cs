using System.Diagnostics;
using System.Text.Json;
using Hydra;

namespace Worker.Scripted;

/// <summary>Tells outside of the engine when a step body begins and ends: a witness it cannot influence.</summary>
internal sealed class SideEffectLog(string path, StepContext step, JsonElement input)
{
    public void Begin() => Write("begin", ok: null, valueHash: null);

    /// <param name="output">What the body results in; its hash is the one that is recorded with the step.</param>
    public void End(JsonElement output)
    {
        var recorded = JsonSerializer.SerializeToUtf8Bytes(output, JsonSerializerOptions.Web); // As the engine does.
        Write("end", ok: true, Payload.ComputeHashText(recorded));
    }

    public void EndFailed() => Write("end", ok: false, valueHash: null);

    private void Write(string phase, bool? ok, string? valueHash)
    {
        var line = new
        {
            execution = step.ExecutionId.ToString(),
            step = step.StepKey,
            attempt = step.Attempt,
            epoch = step.Epoch,
            input,
            seq = (long?)null, // Given at delivery, which is later.
            worker = step.Worker,
            session = step.Session.ToString(),
            phase,
            ok,
            valueHash,
            unixMicros = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks / 10,
            monoMicros = (long)(Stopwatch.GetTimestamp() * (1_000_000.0 / Stopwatch.Frequency)),
        };
        AppendOnlyFile.Append(path, [.. JsonSerializer.SerializeToUtf8Bytes(line), (byte)'\n']);
    }
}
