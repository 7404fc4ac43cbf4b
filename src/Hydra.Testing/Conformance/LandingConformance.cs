using System.Data;

namespace Hydra.Testing;

/// <summary>Results of steps that land in transactions of the database's users.</summary>
internal sealed class LandingConformance(StoreHarness harness) : StoreTest(harness)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private ITransactionalStore Landing => Store.Transactions!;

    [Case]
    public async Task A_result_is_there_from_the_commit_on()
    {
        var (worker, row) = await StartRunningAsync();
        var landed = Try(row) with { Output = Make.Text("2"), EndedAt = Now };
        await using (var transaction = await BeginAsync())
        {
            Assert.Equal(LandingAnswer.Landed, await LandAsync(transaction, row, landed));
            if (Harness.WritesSideBySide)
            {
                Assert.Empty(await Queries.ReadTriesAsync(row.Id, Token));
            }

            await transaction.CommitAsync(Token);
        }

        Assert.Equal(landed, Assert.Single(await Queries.ReadTriesAsync(row.Id, Token)));
        await worker.ApplyAsync(Make.Release(row));
        var claimed = Assert.Single((await worker.ClaimAsync()).Executions);
        Assert.Equal([new TriedStep("transfer", 1, 1, 0, RetryAt: null, Landed: true)], claimed.Tried);
    }

    /// <summary>An output that is nothing is a result as well.</summary>
    [Case]
    public async Task A_result_without_output_lands_too()
    {
        var (worker, row) = await StartRunningAsync();

        await LandAndCommitAsync(row, Try(row) with { Input = default });

        await worker.ApplyAsync(Make.Release(row));
        Assert.True(Assert.Single((await worker.ClaimAsync()).Executions[0].Tried).Landed);
        Assert.NotNull(await BarAsync(row, Try(row)));
    }

    [Case]
    public async Task Nothing_is_left_of_a_result_whose_transaction_is_undone()
    {
        var (_, row) = await StartRunningAsync();
        await using (var transaction = await BeginAsync())
        {
            await LandAsync(transaction, row, Try(row));
        }

        Assert.Empty(await Queries.ReadTriesAsync(row.Id, Token));
        Assert.Null(await BarAsync(row, Try(row)));
    }

    [Case]
    public async Task Nothing_lands_once_another_owner_has_the_execution()
    {
        var (worker, row) = await StartRunningAsync();
        await worker.ApplyAsync(Make.Release(row));
        await using (var transaction = await BeginAsync())
        {
            Assert.Equal(LandingAnswer.Fenced, await LandAsync(transaction, row, Try(row))); // Nobody's.
        }

        var again = await worker.ClaimOneAsync();
        await using (var transaction = await BeginAsync())
        {
            Assert.Equal(LandingAnswer.Fenced, await LandAsync(transaction, row, Try(row))); // Its own, later.
        }

        await worker.ApplyAsync(Make.Finish(again));
        await using (var transaction = await BeginAsync())
        {
            Assert.Equal(LandingAnswer.Fenced, await LandAsync(transaction, again, Try(again)));
        }

        Assert.Empty(await Queries.ReadTriesAsync(row.Id, Token));
        Assert.Null(await BarAsync(row, Try(row)));
    }

    /// <summary>A database that lost its last commits gave the epoch of one owner to another.</summary>
    [Case]
    public async Task Nothing_lands_of_another_owner_under_the_same_epoch()
    {
        var (_, row) = await StartRunningAsync();
        var lost = row with { Owner = (await JoinAsync()).Session };
        await using (var transaction = await BeginAsync())
        {
            Assert.Equal(LandingAnswer.Fenced, await LandAsync(transaction, lost, Try(lost)));
            await transaction.CommitAsync(Token);
        }

        Assert.Null(await BarAsync(lost, Try(lost))); // It puts up none.
        Assert.Empty(await Queries.ReadTriesAsync(row.Id, Token));
        await LandAndCommitAsync(row, Try(row));
    }

    [Case]
    public async Task Behind_a_bar_nothing_lands()
    {
        var (worker, row) = await StartRunningAsync();

        Assert.Null(await BarAsync(row, Try(row)));
        Assert.Null(await BarAsync(row, Try(row)));
        await using (var transaction = await BeginAsync())
        {
            Assert.Equal(LandingAnswer.Barred, await LandAsync(transaction, row, Try(row)));
        }

        await LandAndCommitAsync(row, Try(row) with { Attempt = 2 }); // The next try is free.
        var tries = await Queries.ReadTriesAsync(row.Id, Token);
        Assert.Equal([false, true], tries.Select(one => one.Failure.IsNone));
        await worker.ApplyAsync(Make.Release(row));
        Assert.Equal(
            [new TriedStep("transfer", 2, 1, 0, RetryAt: null, Landed: true)],
            (await worker.ClaimAsync()).Executions[0].Tried);
    }

    [Case]
    public async Task A_bar_alone_is_no_try_that_a_claim_tells()
    {
        var (worker, row) = await StartRunningAsync();
        var failed = Make.Try(row, "transfer");
        await BarAsync(row, Try(row));
        await worker.ApplyAsync(Make.Advance(row) with { Tries = [failed] });

        await worker.ApplyAsync(Make.Release(row));

        Assert.Equal(
            [new TriedStep("transfer", 1, 1, 1, failed.RetryAt)], (await worker.ClaimAsync()).Executions[0].Tried);
    }

    [Case]
    public async Task A_bar_answers_what_has_landed()
    {
        var (_, row) = await StartRunningAsync();
        var landed = Try(row) with { Output = Make.Text("2"), EndedAt = Now };
        await LandAndCommitAsync(row, landed);

        Assert.Equal(landed, await BarAsync(row, Try(row)));
        Assert.Equal(landed, Assert.Single(await Queries.ReadTriesAsync(row.Id, Token)));
    }

    /// <summary>The answer to the commit was lost, and the commit comes through behind the question.</summary>
    [Case(true)]
    [Case(false)]
    public async Task A_bar_waits_for_the_transaction_that_is_still_open(bool commits)
    {
        var (_, row) = await StartRunningAsync();
        SkipUnless(Harness.WritesSideBySide, "There is one write lock, which the transaction has.");
        var landed = Try(row) with { Output = Make.Text("2"), EndedAt = Now };
        var transaction = await BeginAsync();
        await LandAsync(transaction, row, landed);

        var bar = BarAsync(row, Try(row));
        if (commits)
        {
            await transaction.CommitAsync(Token);
        }

        await transaction.DisposeAsync();

        Assert.Equal(commits ? landed : null, await bar);
    }

    /// <summary>What holds the result holds the epoch: nobody takes over what may land.</summary>
    [Case]
    public async Task Nobody_takes_the_execution_over_between_a_landing_and_its_commit()
    {
        var (worker, row) = await StartRunningAsync();
        SkipUnless(Harness.WritesSideBySide, "There is one write lock, which the transaction has.");
        var sweeper = await JoinSweeperAsync();
        await using var transaction = await BeginAsync();
        await LandAsync(transaction, row, Try(row));
        await PassAsync(Worker.ClaimTimeout * 2, sweeper);

        try
        {
            await sweeper.MaintainAsync();
        }
        catch (StoreException error) when (error.Blocked && !Store.Capabilities.SkipsLockedRows)
        {
            // It has waited for as long as it may.
        }

        var early = (await sweeper.ClaimAsync()).Executions;
        await transaction.CommitAsync(Token);
        await sweeper.MaintainAsync();
        await PassAsync(Minute, sweeper);
        var claimed = Assert.Single((await sweeper.ClaimAsync()).Executions);

        Assert.Empty(early);
        Assert.Equal(row.Id, claimed.Row.Id);
        Assert.True(Assert.Single(claimed.Tried).Landed);
        Assert.NotEqual(worker.Session, claimed.Row.Owner);
    }

    [Case]
    public async Task What_has_landed_is_found_by_its_key_among_other_tries()
    {
        var (worker, row) = await StartRunningAsync();
        await BarAsync(row, Try(row));
        await worker.ApplyAsync(Make.Advance(row) with
        {
            Tries = [Make.Try(row, "transfer"), Make.Try(row, "other")],
        });
        var landed = Try(row) with { Attempt = 2, Output = Make.Text("2"), EndedAt = Now };
        await LandAndCommitAsync(row, landed);

        Assert.Equal(landed, Assert.Single(await Landing.ReadLandedAsync(row.Id, "transfer", Token)));
        Assert.Empty(await Landing.ReadLandedAsync(row.Id, "other", Token));
        Assert.Empty(await Landing.ReadLandedAsync(row.Id, "transfe", Token));
    }

    /// <summary>That cannot be; whoever reads it is told so, and not one of them.</summary>
    [Case]
    public async Task Two_results_of_one_step_are_both_told()
    {
        var (_, row) = await StartRunningAsync();
        await LandAndCommitAsync(row, Try(row));
        await LandAndCommitAsync(row, Try(row) with { Attempt = 2 });

        Assert.Equal(
            [1, 2], (await Landing.ReadLandedAsync(row.Id, "transfer", Token)).Select(one => one.Attempt));
    }

    [Case]
    public async Task A_transaction_that_its_body_has_ended_takes_no_result()
    {
        var (_, row) = await StartRunningAsync();
        await using var transaction = await BeginAsync();
        await Landing.PrepareAsync(transaction.Transaction, Limit, Token);
        await using (var command = transaction.Transaction.Connection!.CreateCommand())
        {
            command.CommandText = "COMMIT";
            command.Transaction = transaction.Transaction;
            await command.ExecuteNonQueryAsync(Token);
        }

        await Assert.ThrowsAsync<ArgumentException>(
            () => Landing.LandAsync(transaction.Transaction, row.Owner, row.Id, Try(row), Token));

        Assert.Empty(await Queries.ReadTriesAsync(row.Id, Token));
    }

    [Case]
    public async Task Results_do_not_come_in_a_batch()
    {
        var (worker, row) = await StartRunningAsync();

        await AssertDeterministicAsync(
            () => worker.CommitAsync(Make.Advance(row) with { Tries = [Try(row)] }));
    }

    private async Task<(Worker Worker, ExecutionRow Row)> StartRunningAsync()
    {
        SkipUnless(Store.Transactions is not null, "This store is in no database with transactions.");
        var worker = await JoinAsync();
        return (worker, await StartClaimedAsync(worker));
    }

    private Task<StepTransaction> BeginAsync() => Landing.BeginAsync(IsolationLevel.Unspecified, Token);

    private async Task<LandingAnswer> LandAsync(StepTransaction transaction, ExecutionRow row, StepTry landed)
    {
        await Landing.PrepareAsync(transaction.Transaction, Limit, Token);
        return await Landing.LandAsync(transaction.Transaction, row.Owner, row.Id, landed, Token);
    }

    private async Task LandAndCommitAsync(ExecutionRow row, StepTry landed)
    {
        await using var transaction = await BeginAsync();
        Assert.Equal(LandingAnswer.Landed, await LandAsync(transaction, row, landed));
        await transaction.CommitAsync(Token);
    }

    private Task<StepTry?> BarAsync(ExecutionRow row, StepTry one) =>
        Landing.BarAsync(row.Owner, row.Id, one with { Output = default, Failure = Make.Failure }, Token);

    private static StepTry Try(ExecutionRow row) => Make.Try(row, "transfer", phase: TryPhase.Landed);
}
