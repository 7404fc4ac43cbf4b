using System.Runtime.CompilerServices;
using Hydra.Simulation.Worlds;
using Hydra.Storage;

namespace Hydra.Simulation.Checks;

/// <summary>
/// Holds what transactional steps have written against what has landed and what was delivered: one effect and one
/// result for each step at most, and a success that was delivered has both.
/// </summary>
internal sealed class LedgerCheck(
    SimulatedWorld world, ShadowExecution shadow, IReadOnlyList<LedgerEntry> ledger)
{
    public void Run()
    {
        foreach (var key in shadow.Bodies.Where(body => body.IsTransactional).Select(body => body.Key).Distinct())
        {
            Check(key);
        }
    }

    private void Check(string key)
    {
        var effects = ledger.Where(one => one.Execution == shadow.Id && one.Key == key).ToList();
        var landed = shadow.Stored.Tries.Values.Where(one => one.Key == key && one.IsResult()).ToList();
        Require(effects.Count <= 1, $"'{key}' has had {effects.Count} effects");
        Require(landed.Count == effects.Count, $"'{key}' has {landed.Count} results for {effects.Count} effects");
        Require(
            effects.Count != 1 || landed.Count != 1 || ValueOf(landed[0].Output) == effects[0].Value,
            $"'{key}' has landed another value than it wrote");
        var outcomes = shadow.Entries.Where(entry => entry is { Kind: EntryKind.Step, OriginSeq: 0 }
            && entry.Key == key && !IsOfPlainBody(entry)).ToList();
        foreach (var entry in outcomes)
        {
            if (!entry.Failed)
            {
                Require(
                    effects.Count == 1 && ValueOf(entry.Output) == effects[0].Value,
                    $"seq {entry.Seq} delivers a result of '{key}' that is not that of its effect");
            }
            else
            {
                Require(
                    shadow.CommittedAt[(int)entry.Seq] < shadow.LandedAt.GetValueOrDefault(key, long.MaxValue),
                    $"seq {entry.Seq} delivers a failure of '{key}', which had landed");
            }
        }

        var successes = outcomes.Count(static entry => !entry.Failed);
        Require(successes <= 1, $"'{key}' has succeeded {successes} times");
    }

    /// <summary>Whether the key, which is a number, was that of another step in the attempt of the outcome.</summary>
    private bool IsOfPlainBody(JournalEntry entry) => shadow.Bodies.Exists(body => !body.IsTransactional
        && (body.Key, body.Attempt, body.Epoch) == (entry.Key, entry.Attempt, entry.Epoch));

    private static long ValueOf(Payload output) => Replayer.Serializer.Read<long>(output);

    private void Require(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref WantedText otherwise)
    {
        if (!holds)
        {
            world.Fail($"S7: execution {shadow.Id}: {otherwise.Take()}.");
        }
    }
}
