using Hydra.Engine;
using Hydra.Memory;
using Hydra.Simulation.Worlds;
using Hydra.Storage;

namespace Hydra.Simulation.Bugs;

/// <summary>Claims with one mistake.</summary>
internal sealed class PlantedClaims(Scenario scenario, IWorkflowStore inner)
{
    private NamespaceTables Tables => scenario.Tables;

    public async Task<ClaimAnswer> ClaimAsync(ClaimRequest request)
    {
        var answer = await inner.ClaimAsync(
            scenario.Bug == PlantedBug.UnknownClaimed
                ? request with { Workflows = [Builds.Shared, Builds.OnlyA, Builds.OnlyB] }
                : request,
            CancellationToken.None);
        return scenario.Bug switch
        {
            PlantedBug.ErrorForAbsence when scenario.World.Chance.PerMille(scenario.Faults.NotSent) =>
                Each(answer, WithoutJournal),
            PlantedBug.StaleCache => Each(answer, claimed => claimed.Entries is [{ Seq: > 0 } cached, ..]
                ? claimed with { Entries = [cached] }
                : claimed),
            PlantedBug.TriesForgotten => Each(answer, static claimed => claimed with { Tried = [] }),
            PlantedBug.LandedForgotten => Each(answer, static claimed => WithoutResults(claimed, static _ => true)),
            PlantedBug.LandedSuperseded => Each(
                answer,
                static claimed => WithoutResults(claimed, one => one.ExecutionAttempt != claimed.Row.Attempt)),
            PlantedBug.LandedDropped => Each(answer, WithoutLanded),
            PlantedBug.StartTimeMoves => Each(answer, MoveStart),
            PlantedBug.ManySuspects => await ClaimSuspectsAsync(request, answer),
            PlantedBug.StolenFromLiving => Steal(request, answer),
            _ => answer,
        };
    }

    private static ClaimAnswer Each(ClaimAnswer answer, Func<ClaimedExecution, ClaimedExecution> change) =>
        answer with { Executions = answer.Executions.Select(change).ToList() };

    private static ClaimedExecution WithoutJournal(ClaimedExecution claimed) =>
        claimed.Entries.Count > 0 && claimed.Entries[0].Seq == 0
            ? claimed with { Entries = [claimed.Entries[0]], Tried = [] }
            : claimed;

    private static ClaimedExecution WithoutResults(ClaimedExecution claimed, Func<TriedStep, bool> forgets) =>
        claimed with { Tried = claimed.Tried.Where(one => !one.Landed || !forgets(one)).ToList() };

    /// <summary>Says of every failed attempt that nothing behind its cut is to be kept.</summary>
    private ClaimedExecution WithoutLanded(ClaimedExecution claimed)
    {
        var journal = Tables.Get(claimed.Row.Id).Journal;
        return claimed with
        {
            Entries = claimed.Entries.Select(entry =>
            {
                if (entry.Kind != EntryKind.AttemptFailed)
                {
                    return entry;
                }

                var end = EngineJson.ReadAttemptEnd(entry.Input);
                var behind = journal.Select(other => other.Seq)
                    .Where(seq => seq >= end.TruncateAt && seq < entry.Seq).ToList();
                return entry with { Input = EngineJson.Write(end with { Carried = behind }) };
            }).ToList(),
        };
    }

    private ClaimedExecution MoveStart(ClaimedExecution claimed)
    {
        var execution = Tables.Get(claimed.Row.Id);
        Tables.Begin();
        Tables.Update(execution, execution.Row with { StartedAt = scenario.DatabaseNow });
        return claimed with { Row = execution.Row };
    }

    private async Task<ClaimAnswer> ClaimSuspectsAsync(ClaimRequest request, ClaimAnswer answer)
    {
        while (!answer.SessionLost && answer.Executions.Count < request.Limit)
        {
            var more = await inner.ClaimAsync(
                request with { Limit = request.Limit - answer.Executions.Count, AcceptSuspect = true },
                CancellationToken.None);
            if (more.Executions.Count == 0)
            {
                break;
            }

            answer = answer with { Executions = [.. answer.Executions, .. more.Executions] };
        }

        return answer;
    }

    /// <summary>Takes the first execution that another session owns, as if it were due.</summary>
    private ClaimAnswer Steal(ClaimRequest request, ClaimAnswer answer)
    {
        var stolen = Tables.Owners.Where(owner => owner != request.Session).SelectMany(Tables.OwnedBy)
            .FirstOrDefault(execution => request.Workflows.Contains(execution.Row.Workflow));
        if (answer.SessionLost || answer.Executions.Count == request.Limit || stolen is null)
        {
            return answer;
        }

        Tables.Begin();
        Tables.Update(stolen, stolen.Row with { Owner = request.Session, Epoch = stolen.Row.Epoch + 1 });
        var claimed = new ClaimedExecution(stolen.Row, [.. stolen.Journal], []);
        return answer with { Executions = [.. answer.Executions, claimed] };
    }
}
