using Hydra.Storage;

namespace Hydra.Engine.Explaining;

/// <summary>Decides from the facts what an execution waits for. It is pure.</summary>
internal static class Explainer
{
    private const int SuspectAfter = 2; // Crashes without progress, as claims see it.

    public static Explanation Explain(Facts facts)
    {
        var row = facts.Row;
        var bare = new Explanation
        {
            Namespace = facts.Namespace,
            Row = row,
            Now = facts.Now,
            Reason = WhyReason.Due,
            Text = [],
            LiveWorkers = [.. facts.Live],
            Refusals = facts.Refusals,
            Crashes = facts.Crashes,
            IsPartial = facts.IsPartial,
        };
        var explanation = row.State switch
        {
            _ when row.State.IsTerminal() => Ended(bare, facts),
            ExecutionState.Running => Owned(bare, facts),
            ExecutionState.Blocked when row.BlockedReason == BlockedReason.Quarantined =>
                bare with { Reason = WhyReason.Quarantined, RunningSteps = facts.Tries },
            ExecutionState.Blocked => bare with
            {
                Reason = WhyReason.Mismatch,
                Failure = facts.Refusals is [.., var last] ? EngineJson.ReadFailure(last.Difference) : null,
            },
            ExecutionState.Paused => bare with { Reason = WhyReason.Paused },
            _ when row.DueAt <= facts.Now => Due(bare, facts),
            ExecutionState.Pending => Later(bare, facts),
            _ => Suspended(bare, facts),
        };
        return explanation with { Text = ExplanationText.Write(explanation) };
    }

    private static Explanation Ended(Explanation bare, Facts facts) => bare with
    {
        Reason = WhyReason.Ended,
        Failure = facts.LastEntry is { Kind: EntryKind.Terminal, Failed: true } end
            ? EngineJson.ReadFailure(end.Output)
            : null,
    };

    private static Explanation Owned(Explanation bare, Facts facts)
    {
        var owner = facts.Sessions.FirstOrDefault(session => session.Id == facts.Row.Owner);
        return bare with
        {
            Reason = owner is not null && owner.ExpiresAt > facts.Now ? WhyReason.Running : WhyReason.OwnerLost,
            Owner = owner,
            RunningSteps = facts.Tries,
        };
    }

    private static Explanation Due(Explanation bare, Facts facts)
    {
        var able = facts.Able.ToList();
        var owned = facts.Owned.Where(row => able.Exists(session => session.Id == row.Owner)).ToList();
        var slots = able.Sum(session => session.Concurrency);
        var tried = FindTry(facts); // Whose delay somebody has cut short.
        var due = bare with
        {
            WaitsFor = tried?.Key,
            Failure = tried is null ? LastFailure(facts) : EngineJson.ReadFailure(tried.Failure),
            Slots = able.Count == 0 ? null : slots,
            SlotsInUse = able.Count == 0 ? null : owned.Count,
        };
        if (able.Count == 0)
        {
            return due with
            {
                Reason = facts.Knowing.Any() ? WhyReason.Refused
                    : facts.Live.Any() ? WhyReason.UnknownWorkflow
                    : WhyReason.NoWorker,
            };
        }

        if (owned.Count >= slots)
        {
            return due with { Reason = WhyReason.NoFreeSlot };
        }

        var suspectsEverywhere = facts.Row.BarrenCrashes >= SuspectAfter && able.TrueForAll(session =>
            owned.Exists(row => row.Owner == session.Id && row.BarrenCrashes >= SuspectAfter));
        return due with { Reason = suspectsEverywhere ? WhyReason.SuspectTurn : WhyReason.Due };
    }

    private static Explanation Later(Explanation bare, Facts facts)
    {
        var row = facts.Row;
        var crashedLast = facts.Crashes is [.., var crash] && crash.Epoch == row.Epoch - 1;
        return bare with
        {
            Until = row.DueAt == Instant.Never ? null : row.DueAt,
            Failure = LastFailure(facts),
            Reason = row switch
            {
                { StartedAt: null } => WhyReason.StartsLater,
                _ when crashedLast => WhyReason.AfterCrash,
                _ => WhyReason.BetweenAttempts,
            },
        };
    }

    private static Failure? LastFailure(Facts facts) =>
        facts.LastEntry is { Kind: EntryKind.AttemptFailed } failed ? EngineJson.ReadFailure(failed.Output) : null;

    private static Explanation Suspended(Explanation bare, Facts facts)
    {
        var row = facts.Row;
        var tried = FindTry(facts);
        return bare with
        {
            Until = row.DueAt == Instant.Never ? null : row.DueAt,
            WaitsFor = row.WaitsFor.Length == 0 ? null : row.WaitsFor,
            Failure = tried is null ? null : EngineJson.ReadFailure(tried.Failure),
            Reason = tried is not null ? WhyReason.StepRetry
                : row.State == ExecutionState.Waiting ? WhyReason.Waiting
                : WhyReason.Sleeping,
        };
    }

    /// <summary>The last try of the step that it waits for, when the delay behind that is not over.</summary>
    private static StepTry? FindTry(Facts facts) => facts.Tries.LastOrDefault(one => one.Phase == TryPhase.Failed
        && one.Key == facts.Row.WaitsFor && one.ExecutionAttempt == facts.Row.Attempt && one.RetryAt > facts.Now);
}
