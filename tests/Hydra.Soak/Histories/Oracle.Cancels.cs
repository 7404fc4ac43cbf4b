namespace Hydra.Soak.Histories;

/// <content>What became of those that were asked to stop: S17, and of S16 that who did cleans up.</content>
internal sealed partial class Oracle
{
    /// <summary>S17: whom nobody asked to stop is not cancelled, and hears nothing.</summary>
    private IEnumerable<Violation> NobodyIsCancelledUnasked(ObservedExecution execution)
    {
        var mayBeAsked = _cancels[execution.Id].Any(cancel => cancel.Answer != CancelAnswer.NotSent);
        if (!mayBeAsked && (execution.State == "cancelled" || execution.Cancellation is not null))
        {
            yield return new("S17", $"{execution.Id} was cancelled, but nobody had asked for it.");
        }
    }

    /// <summary>S17: an answer to a request to stop is true, and the execution stops.</summary>
    /// <remarks>
    /// It ends as cancelled, unless its code heard of it and ended otherwise, or its owner of that time brought it to
    /// its end before it heard. How long that one may take cannot be told, for it may be stopped itself.
    /// </remarks>
    private IEnumerable<Violation> AskedOnesStop(ObservedExecution execution)
    {
        var end = execution.Entries.FirstOrDefault(entry => entry.Kind == "terminal");
        foreach (var cancel in _cancels[execution.Id])
        {
            var holds = cancel.Answer switch
            {
                CancelAnswer.AlreadyEnded => execution.FinishedMicros <= cancel.AnsweredMicros,
                CancelAnswer.Ended => execution.State == "cancelled"
                    && !_bodies[execution.Id].Any(body => body.Begins && body.Epoch >= end?.Epoch),
                CancelAnswer.Requested => execution.State == "cancelled"
                    || execution.Cancellation is not null
                    || end?.Epoch <= cancel.Epoch,
                _ => true,
            };
            if (!holds)
            {
                yield return new("S17", $"{execution.Id} was asked to stop, the answer was {cancel.Answer} at epoch "
                    + $"{cancel.Epoch}, and it is {execution.State} since epoch {end?.Epoch}.");
            }
        }
    }

    /// <summary>S17: once the request is acknowledged, no body begins but those in hand, and cleanup.</summary>
    /// <remarks>
    /// Whoever owns the execution hears with the answer to whatever it writes next, which no further body goes before.
    /// Whoever claims it later knows from the first.
    /// </remarks>
    private IEnumerable<Violation> AskedOnesBeginNoMore(ObservedExecution execution)
    {
        var width = ScriptShape.Width(execution.Input);
        foreach (var cancel in _cancels[execution.Id].Where(cancel => cancel.Answer == CancelAnswer.Requested))
        {
            var late = _bodies[execution.Id]
                .Where(body => body.Begins && !ScriptShape.CleansUp(execution.Input, body.Input))
                .Where(body => body.Epoch > cancel.Epoch || body.UnixMicros > cancel.AnsweredMicros)
                .GroupBy(body => body.Epoch)
                .Where(bodies => bodies.Count() > (bodies.Key > cancel.Epoch ? 0 : width));
            foreach (var bodies in late)
            {
                yield return new("S17", $"{execution.Id} was asked to stop at epoch {cancel.Epoch}, then "
                    + $"{bodies.Count()} bodies began under epoch {bodies.Key}; an owner has at most {width} in hand.");
            }
        }
    }

    /// <summary>S17: a cancellation is delivered once, and behind it there is nothing but cleanup.</summary>
    private static IEnumerable<Violation> NothingFollowsACancellation(ObservedExecution execution)
    {
        var behind = execution.Entries.SkipWhile(entry => entry.Kind != "cancellation").Skip(1);
        foreach (var entry in behind.Where(entry => entry.Kind != "terminal"
            && !(entry.Kind == "step" && ScriptShape.CleansUp(execution.Input, entry.Input))))
        {
            yield return new("S17", $"{execution.Id}: {Word(entry)} follows the cancellation.");
        }
    }

    /// <summary>S16: who hears a cancellation cleans up, completely; who does not, cleans up nothing.</summary>
    private IEnumerable<Violation> CleanupFollowsACancellation(ObservedExecution execution)
    {
        var heard = execution.Cancellation;
        foreach (var begin in _bodies[execution.Id].Where(body => body.Begins
            && ScriptShape.CleansUp(execution.Input, body.Input) && !(body.Epoch >= heard?.Epoch)))
        {
            yield return new("S16", $"{execution.Id}: '{begin.Step}' cleaned up at epoch {begin.Epoch}, where no "
                + "cancellation had been delivered.");
        }

        if (heard is null)
        {
            yield break;
        }

        var done = execution.Entries.Where(entry => entry is { Kind: "step", State: "completed" })
            .Select(entry => entry.Input).ToHashSet();
        foreach (var missing in ScriptShape.Cleanup(execution.Input).Where(input => !done.Contains(input)))
        {
            yield return new("S16", $"{execution.Id} was cancelled, but {missing} was not cleaned up.");
        }

        if (execution.State is not ("cancelled" or "failed")) // A branch may have failed beside those that it ended.
        {
            yield return new("S17", $"{execution.Id} was cancelled and is {execution.State}.");
        }
    }
}
