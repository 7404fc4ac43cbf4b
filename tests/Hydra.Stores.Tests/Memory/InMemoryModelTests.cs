using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>The reference is held to what its rows tell without any index, and the sequences to be good.</summary>
public sealed class InMemoryModelTests() : ModelConformance(new InMemoryHarness())
{
    private readonly SortedSet<string> _reached = [];

    [Fact]
    public async Task Random_sequences_go_as_the_rows_tell() =>
        ModelRun.AssertNone(await ModelRun.FindAsync(Harness.ModelRuns * 2, OpenAloneAsync, scans: true));

    [Fact]
    public async Task Random_sequences_come_across_everything()
    {
        await ModelRun.FindAsync(Harness.ModelRuns, OpenAloneAsync, scans: true);

        string[] expected =
        [
            "StartOperation Started", "StartOperation Existing", "StartOperation Conflict", "direct start",
            "AdvanceOperation Applied", "AdvanceOperation Fenced", "refused",
            "Finished Applied", "Suspended Applied", "Suspended Continue", "Retry Applied", "Released Applied",
            "Refused Applied", "Finished Fenced",
            "CancelOperation  Requested Running", "CancelOperation  Requested Sleeping",
            "CancelOperation  Requested Waiting", "CancelOperation  Requested Pending",
            "CancelOperation Ended", "CancelOperation AlreadyEnded", "CancelOperation Blocked",
            "claim lost True", "claim more True", "claimed suspect True", "claimed Cancel",
            "maintained more True", "released True", "quarantined True", "timed out True", "unblocked True",
        ];
        Assert.Empty(expected.Except(_reached));
    }

    [Theory]
    [InlineData(nameof(Planted.OldestFirst))]
    [InlineData(nameof(Planted.AcceptSuspect))]
    [InlineData(nameof(Planted.MailSeen))]
    [InlineData(nameof(Planted.Beats))]
    [InlineData(nameof(Planted.Tries))]
    public async Task A_planted_fault_is_found_and_made_short(string fault)
    {
        var planted = Enum.Parse<Planted>(fault);

        var found = await ModelRun.FindAsync(Harness.ModelRuns, () => OpenPlantedAsync(planted), scans: false);

        Assert.NotNull(found);
        var steps = found.Split('\n').Count(line => line.Contains(nameof(ModelCommand), StringComparison.Ordinal));
        Assert.InRange(steps, 1, 12);
    }

    private async Task<ModelSubject> OpenAloneAsync()
    {
        var fresh = Harness.CreateAnother();
        return new ModelSubject(fresh, [await fresh.OpenAsync()]) { Reached = _reached };
    }

    private async Task<ModelSubject> OpenPlantedAsync(Planted fault)
    {
        var fresh = Harness.CreateAnother();
        IWorkflowStore[] stores =
        [
            new PlantedStore(await fresh.OpenAsync(), fault), new InMemoryWorkflowStore("tests", fresh.Clock),
        ];
        return new ModelSubject(fresh, stores);
    }
}
