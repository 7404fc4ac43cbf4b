using System.Globalization;
using Hydra.Storage;

namespace Hydra.Engine.Explaining;

/// <summary>Says an explanation in sentences, the most important first.</summary>
internal static class ExplanationText
{
    private const int LongestValue = 200;
    private const int MostNames = 20;

    public static IReadOnlyList<string> Write(Explanation it)
    {
        var lines = new List<string>();
        switch (it.Reason)
        {
            case WhyReason.Ended:
                AddEnd(lines, it);
                AddMissing(lines, it);
                return lines;
            case WhyReason.Running or WhyReason.OwnerLost:
                AddOwner(lines, it);
                break;
            case WhyReason.Mismatch or WhyReason.Quarantined or WhyReason.Paused:
                AddHeld(lines, it);
                break;
            case WhyReason.NoWorker or WhyReason.UnknownWorkflow or WhyReason.NoFreeSlot or WhyReason.SuspectTurn
                or WhyReason.Due or WhyReason.Refused:
                AddDue(lines, it);
                break;
            default:
                AddLater(lines, it);
                break;
        }

        AddRequests(lines, it);
        AddMissing(lines, it);
        return lines;
    }

    private static void AddEnd(List<string> lines, Explanation it)
    {
        var row = it.Row;
        var how = row.State switch
        {
            ExecutionState.Completed => "It has completed",
            ExecutionState.Failed => "It has failed",
            ExecutionState.Cancelled => "It was cancelled",
            _ => "Its timeout has passed, and it has ended",
        };
        var took = row.StartedAt is { } started
            ? $", {Spans.Say(row.FinishedAt!.Value.Since(started))} after it began"
            : ", and never began";
        lines.Add($"{how}: {Spans.Say(row.FinishedAt!.Value, it.Now)}{took}.");
        if (it.Failure is { } failure)
        {
            lines.Add($"In attempt {row.Attempt} of {row.MaxAttempts}: {Say(failure)}");
        }
    }

    private static void AddOwner(List<string> lines, Explanation it)
    {
        var row = it.Row;
        if (it.Reason == WhyReason.Running)
        {
            var owner = it.Owner!;
            lines.Add($"It is running: worker '{owner.Worker}' on {owner.Host} has it, in attempt {row.Attempt} of "
                + $"{row.MaxAttempts}, epoch {row.Epoch}.");
            lines.Add($"The worker last beat {Spans.Say(it.Now.Since(owner.LastBeatAt))} ago; unless it beats again, "
                + $"its lease ends in {Spans.Say(owner.ExpiresAt.Since(it.Now))}.");
        }
        else if (it.Owner is { } owner)
        {
            lines.Add($"Its worker is gone: '{owner.Worker}' on {owner.Host} last beat "
                + $"{Spans.Say(owner.LastBeatAt, it.Now)}, and its lease ended "
                + $"{Spans.Say(it.Now.Since(owner.ExpiresAt))} ago.");
            lines.Add(WhoTakesItBack(it));
        }
        else
        {
            lines.Add($"Its worker is gone: session {row.Owner}, which has it, is no more.");
            lines.Add(WhoTakesItBack(it));
        }

        foreach (var step in it.RunningSteps)
        {
            lines.Add(it.Reason == WhyReason.Running
                ? $"Step '{step.Key}', try {step.Attempt}, has been running since "
                    + $"{Spans.Say(step.StartedAt, it.Now)}, with input {Say(step.Input)}."
                : $"Step '{step.Key}', try {step.Attempt}, was running when its worker was last heard of, or had just "
                    + $"ended: begun {Spans.Say(step.StartedAt, it.Now)}, with input {Say(step.Input)}.");
        }

        if (it is { Reason: WhyReason.Running, RunningSteps: [], IsPartial: false })
        {
            lines.Add("No step of it has been running for a second or more.");
        }
    }

    private static string WhoTakesItBack(Explanation it) => it.LiveWorkers.Count == 0
        ? "No worker is live to take it back: start one."
        : "A live worker takes it back as soon as it has been on time itself for two of its beats.";

    private static void AddHeld(List<string> lines, Explanation it)
    {
        if (it.Reason == WhyReason.Paused)
        {
            lines.Add("An operator has paused it.");
            return;
        }

        if (it.Reason == WhyReason.Quarantined)
        {
            var row = it.Row;
            lines.Add($"It is quarantined: it crashed its worker {row.BarrenCrashes} times in a row without getting "
                + $"further, {row.SoleSuspectCrashes} of them as the only suspect there.");
            AddCrashes(lines, it);
            lines.AddRange(it.RunningSteps.Select(step => $"Step '{step.Key}', try {step.Attempt}, was running when it "
                + $"crashed, or had just ended: begun {Spans.Say(step.StartedAt, it.Now)}, with input "
                + $"{Say(step.Input)}."));
            lines.Add("Once the cause is mended, retry it; its crashes then count from zero.");
            return;
        }

        lines.Add("It is blocked: no build that tried can go on with it.");
        if (it.IsPartial)
        {
            return; // Which builds have tried is not known.
        }

        AddRefusals(lines, it);
        var builds = it.LiveWorkers.Where(worker => worker.Workflows.Contains(it.Row.Workflow))
            .Select(worker => worker.Build).Distinct().ToList();
        var others = builds.Where(build => it.Refusals.All(refusal => refusal.Build != build)).ToList();
        lines.Add(others switch
        {
            [] when builds.Count == 0 => $"No live worker knows '{it.Row.Workflow}'.",
            [] => $"The live workers are of the same {(builds.Count == 1 ? "build" : "builds")}. Deploy code that "
                + "matches, or retry it when the cause was something else.",
            _ => $"Build {Names(others)} is live and has not refused it: it tries within its poll interval.",
        });
    }

    private static void AddRefusals(List<string> lines, Explanation it)
    {
        foreach (var refusal in it.Refusals)
        {
            lines.Add($"Build {refusal.Build} refused it {Spans.Say(refusal.At, it.Now)}: "
                + $"{EngineJson.ReadFailure(refusal.Difference).Message}");
        }
    }

    private static void AddDue(List<string> lines, Explanation it)
    {
        var row = it.Row;
        var due = $"It has been due for {Spans.Say(it.Now.Since(row.DueAt))}";
        switch (it.Reason)
        {
            case WhyReason.NoWorker:
                lines.Add($"{due}, and no worker is live.");
                lines.Add($"Start a worker that knows '{row.Workflow}'.");
                break;
            case WhyReason.UnknownWorkflow:
                lines.Add($"{due}, and no live worker knows '{row.Workflow}'.");
                AddKnown(lines, it);
                break;
            case WhyReason.Refused:
                lines.Add($"{due}, and every live worker that knows '{row.Workflow}' is of a build that has refused "
                    + "it. Start one of a build that matches, or retry it when the cause was something else.");
                break;
            case WhyReason.NoFreeSlot:
                lines.Add($"{due}, and the workers that know '{row.Workflow}' have no free slot: {it.SlotsInUse} of "
                    + $"{it.Slots} are taken.");
                break;
            case WhyReason.SuspectTurn:
                lines.Add($"{due}. It has crashed its workers {row.BarrenCrashes} times without getting further, and "
                    + "every worker already runs one such suspect; they take one at a time.");
                break;
            default:
                lines.Add($"{due}; {it.Slots - it.SlotsInUse} of {it.Slots} slots of the workers that know "
                    + $"'{row.Workflow}' are free, and one of them takes it within its poll interval"
                    + $"{(it.IsPartial ? ", unless its build has refused it" : "")}.");
                break;
        }

        if (it.Failure is { } failure)
        {
            lines.Add(it.WaitsFor is { } step
                ? $"Step '{step}' failed before: {Say(failure)}"
                : $"The attempt before failed: {Say(failure)}");
        }

        AddRefusals(lines, it);
        AddCrashes(lines, it);
    }

    private static void AddKnown(List<string> lines, Explanation it)
    {
        foreach (var build in it.LiveWorkers.GroupBy(worker => worker.Worker, StringComparer.Ordinal))
        {
            var known = build.SelectMany(worker => worker.Workflows).Distinct().Order(StringComparer.Ordinal).ToList();
            lines.Add($"Worker '{build.Key}' knows {(known.Count == 0 ? "no workflow" : Names(known))}.");
        }
    }

    private static void AddLater(List<string> lines, Explanation it)
    {
        var row = it.Row;
        var when = it.Until is { } until ? Spans.Say(until, it.Now) : null;
        switch (it.Reason)
        {
            case WhyReason.StartsLater:
                lines.Add($"It is to begin {when ?? "at no time"}, as it was started.");
                break;
            case WhyReason.BetweenAttempts when it.Failure is { } failure:
                lines.Add($"Attempt {row.Attempt - 1} of {row.MaxAttempts} failed: {Say(failure)}");
                lines.Add($"The next begins {when}; retrying makes it begin at once.");
                break;
            case WhyReason.AfterCrash:
                lines.Add($"It has crashed its worker {row.BarrenCrashes} times without getting further, and is "
                    + $"delayed for that until {when}; retrying ends the delay.");
                AddCrashes(lines, it);
                break;
            case WhyReason.StepRetry:
                lines.Add($"Step '{it.WaitsFor}' failed: {Say(it.Failure!)}");
                lines.Add($"It is tried again {when}; retrying makes that happen at once.");
                break;
            case WhyReason.Sleeping when it is { IsPartial: true, WaitsFor: { } key }:
                lines.Add($"It is sleeping, or waits for another try at a step ('{key}'), until "
                    + $"{when ?? "something is delivered to it"}.");
                break;
            case WhyReason.Sleeping when it.WaitsFor is { } key:
                lines.Add($"It is sleeping ('{key}') until {when ?? "something is delivered to it"}.");
                break;
            default:
                var waiting = it.WaitsFor is { } what ? $" ('{what}')" : "";
                lines.Add(when is null
                    ? $"It is waiting{waiting} for something to be delivered to it."
                    : $"It is waiting{waiting} until {when}.");
                break;
        }
    }

    private static void AddCrashes(List<string> lines, Explanation it)
    {
        if (it.Crashes is [.., var last])
        {
            var worker = last.Worker.Length == 0 ? $"session {last.Session}" : $"worker '{last.Worker}'";
            lines.Add(it.Crashes.Count == 1
                ? $"It has lost its worker once: {worker}, noticed {Spans.Say(last.At, it.Now)}."
                : $"It has lost its worker {it.Crashes.Count} times, last {worker}, noticed "
                    + $"{Spans.Say(last.At, it.Now)}.");
        }
    }

    private static void AddRequests(List<string> lines, Explanation it)
    {
        if (it.Row.Requests.HasFlag(ExecutionRequests.Cancel))
        {
            lines.Add(it.Reason is WhyReason.Mismatch or WhyReason.Quarantined or WhyReason.Refused
                ? "Somebody asked to cancel it, which its code cannot hear while nobody runs it; terminating ends it."
                : "Somebody asked to cancel it; its code has not heard of it yet.");
        }

        if (it.Row.Deadline is { } deadline)
        {
            lines.Add(deadline > it.Now
                ? $"Its timeout passes {Spans.Say(deadline, it.Now)}."
                : $"Its timeout passed {Spans.Say(deadline, it.Now)}.");
        }
    }

    private static void AddMissing(List<string> lines, Explanation it)
    {
        if (it.IsPartial)
        {
            lines.Add("The user of the database may not read what is recorded of it, so its steps, its errors and the "
                + "differences of builds are left out. The view why_not_running tells more.");
        }
    }

    private static string Say(Failure failure) => $"{failure.Type}: {OneLine(failure.Message)}";

    private static string Say(Payload payload)
    {
        if (payload.IsNone)
        {
            return "nothing";
        }

        if (!payload.IsReadable || (!payload.IsEncoded && payload.ContentType != Payload.Json))
        {
            return string.Create(CultureInfo.InvariantCulture, $"{payload.Length} bytes that are not plain JSON");
        }

        return OneLine(PayloadText.Of(payload));
    }

    private static string OneLine(string text)
    {
        var line = string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
        if (line.Length <= LongestValue)
        {
            return line;
        }

        var end = char.IsHighSurrogate(line[LongestValue - 2]) ? LongestValue - 2 : LongestValue - 1;
        return line[..end] + "…";
    }

    private static string Names(List<string> names) => names.Count <= MostNames
        ? string.Join(", ", names)
        : $"{string.Join(", ", names.Take(MostNames))} and {names.Count - MostNames} more";
}
