using System.Text.Json;
using System.Text.RegularExpressions;
using Hydra.Engine;
using Hydra.Engine.Explaining;

namespace Hydra.Stores.Tests;

/// <content>The view why_not_running against the API: two who answer the same question.</content>
public abstract partial class ViewTests
{
    /// <summary>Holds the view's row against what the API says of the same execution.</summary>
    private async Task<WhyReason> AssertAgreesAsync(ExecutionId id)
    {
        var row = await LookAsync(View("why_not_running"), id);
        var why = Explainer.Explain((await new FactReader(Store.Queries, "tests").ReadAsync(id, Token))!);

        Assert.Equal(
            (Word(why.Row.State), Word(why.Reason), why.Owner?.Worker), (row["state"], row["reason"], row["worker"]));
        if (why.Reason is WhyReason.StartsLater or WhyReason.BetweenAttempts or WhyReason.StepRetry
            or WhyReason.Sleeping or WhyReason.Waiting or WhyReason.AfterCrash)
        {
            Assert.Equal(why.Until is null, row["due_at"] is null);
        }

        if (row["detail"]?.Contains("[encoded", StringComparison.Ordinal) != true)
        {
            Assert.Equal(Detail(why), Told(row["detail"], why.Reason));
        }

        return why.Reason;
    }

    /// <summary>What the API knows, in the words of the view.</summary>
    private static string? Detail(Explanation why)
    {
        var row = why.Row;
        var steps = string.Join(", ", why.RunningSteps.Select(step => step.Key).Order(StringComparer.Ordinal));
        return why switch
        {
            { Reason: WhyReason.Ended } => why.Failure?.Message,
            { Failure: { } last, Row.State: ExecutionState.Pending } => last.Message,
            { Row.State: ExecutionState.Running } => steps.Length == 0 ? null : steps,
            { Reason: WhyReason.Quarantined } or { Row: { State: ExecutionState.Pending, BarrenCrashes: > 0 } } =>
                $"crashes without getting further: {row.BarrenCrashes}"
                    + (why.Crashes is [.., var crash] ? $", the last of worker {crash.Worker}" : "")
                    + (steps.Length == 0 ? "" : $"; running then: {steps}"),
            { Refusals: [.., var refusal] } =>
                $"{refusal.Build}: {EngineJson.ReadFailure(refusal.Difference).Message}",
            { Row.State: ExecutionState.Sleeping or ExecutionState.Waiting } =>
                row.WaitsFor + (why.Failure is { } failure ? $": {failure.Message}" : ""),
            _ => null,
        };
    }

    /// <summary>What the view tells, without what the API says in another place, or at another moment.</summary>
    private static string? Told(string? detail, WhyReason reason) => detail is null ? null
        : reason == WhyReason.Quarantined ? detail
        : Times().Replace(detail, "").Split("; running then: ")[0];

    private static string Word<T>(T value) where T : Enum => JsonNamingPolicy.CamelCase.ConvertName($"{value}");

    [GeneratedRegex(" since [-0-9]+ [:0-9]+([-+][:0-9]+)?")]
    private static partial Regex Times();
}
