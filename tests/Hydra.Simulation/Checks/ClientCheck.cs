using System.Runtime.CompilerServices;
using Hydra.Engine.Scheduling;
using Hydra.Simulation.Worlds;
using Hydra.Storage;

namespace Hydra.Simulation.Checks;

/// <summary>Judges what clients were told against what is in the database at the end.</summary>
internal sealed class ClientCheck(SimulatedWorld world, Oracle oracle)
{
    public void Run()
    {
        foreach (var call in oracle.Calls)
        {
            CheckAnswer(call);
        }

        foreach (var sameKey in oracle.Executions.Where(shadow => shadow.Row!.Key is not null)
            .GroupBy(shadow => shadow.Row!.Key))
        {
            Require(sameKey.Count() == 1, "S2", $"key {sameKey.Key} has {sameKey.Count()} executions");
        }

        CheckCounts();
    }

    private void CheckAnswer(ClientCall call)
    {
        if (call.Id is { } id)
        {
            var shadow = oracle.Find(id);
            Require(
                shadow is not null && shadow.Row!.InputHash == call.Input.HashText
                    && shadow.Entries[0].Input == call.Input && shadow.Row.Key == call.Request.Options.Key,
                "S1",
                $"start of {id} was acknowledged, but is not there as submitted");
            CheckResult(call, shadow);
        }
        else if (call.IsConflict)
        {
            Require(
                oracle.Executions.Any(shadow =>
                    shadow.Row!.Key == call.Request.Options.Key && shadow.Row.InputHash != call.Input.HashText),
                "S2",
                $"a start with key {call.Request.Options.Key} was refused, but nothing is in its way");
        }
    }

    private void CheckResult(ClientCall call, ShadowExecution? shadow)
    {
        if (call.Result is not { } result || shadow is null)
        {
            return;
        }

        Require(
            result.State == shadow.Row!.State
                && (result.State != ExecutionState.Completed || result.Output == shadow.Entries[^1].Output),
            "S9",
            $"a follower of {shadow.Id} heard {result.State}, but it is {shadow.Row.State}");
    }

    /// <summary>Every execution comes from a start that was acknowledged, or whose end nobody knows.</summary>
    private void CheckCounts()
    {
        var acknowledged = oracle.Calls.Where(call => call.Id is not null).Select(call => call.Id!.Value).ToHashSet();
        foreach (var group in oracle.Executions
            .Where(shadow => !acknowledged.Contains(shadow.Id) && !IsScheduled(shadow))
            .GroupBy(shadow => shadow.Entries[0].Input.HashText))
        {
            var unknown = oracle.Calls.Count(call => call.Input.HashText == group.Key && call.Id is null
                && !call.IsConflict && call.Failed is null or StoreErrorKind.InDoubt);
            Require(
                group.Count() <= unknown,
                "S16",
                $"{group.Count()} executions exist whose starts failed for certain, such as {group.First().Id}");
        }
    }

    private static bool IsScheduled(ShadowExecution shadow) =>
        ScheduleStarts.ReadOrigin(shadow.Entries[0].Key) is not null;

    private void Require(
        bool holds,
        string invariant,
        [InterpolatedStringHandlerArgument(nameof(holds))] ref WantedText otherwise)
    {
        if (!holds)
        {
            world.Fail($"{invariant}: {otherwise.Take()}.");
        }
    }
}
