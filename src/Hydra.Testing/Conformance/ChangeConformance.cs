namespace Hydra.Testing;

/// <summary>How a store hears that others have made something due. Spurious returns are allowed everywhere.</summary>
internal sealed class ChangeConformance(StoreHarness harness) : ScheduleTest(harness)
{
    private const string Deaf = "This store does not notice the commits of others.";

    [Case]
    public async Task A_start_elsewhere_ends_the_wait()
    {
        SkipUnless(Store.Capabilities.NoticesChanges, Deaf);
        var other = await OpenQuietAsync();
        var wait = other.WaitForChangeAsync(Token);

        await StartAsync();

        await AssertEndsAsync(wait);
    }

    [Case]
    public async Task What_became_due_before_the_wait_ends_it_too()
    {
        SkipUnless(Store.Capabilities.NoticesChanges, Deaf);
        var other = await OpenQuietAsync();
        await StartAsync();

        await AssertEndsAsync(other.WaitForChangeAsync(Token));
    }

    [Case]
    public async Task What_became_due_while_a_wait_was_given_up_ends_the_next_one()
    {
        SkipUnless(Store.Capabilities.NoticesChanges, Deaf);
        var other = await OpenQuietAsync();
        using (var source = new CancellationTokenSource())
        {
            var wait = other.WaitForChangeAsync(source.Token);
            await source.CancelAsync();
            await Task.WhenAny(wait); // Given up, or ended for no reason, which is allowed.
        }

        await StartAsync();

        await AssertEndsAsync(other.WaitForChangeAsync(Token));
    }

    [Case]
    public async Task A_cancellation_of_what_sleeps_elsewhere_ends_the_wait()
    {
        SkipUnless(Store.Capabilities.NoticesChanges, Deaf);
        var worker = await JoinAsync();
        var row = await StartClaimedAsync(worker);
        await worker.ApplyAsync(Make.Wait(row));
        var other = await OpenQuietAsync();
        var wait = other.WaitForChangeAsync(Token);

        await CancelAsync(row.Id);

        await AssertEndsAsync(wait);
    }

    [Case]
    public async Task A_schedule_that_is_changed_elsewhere_ends_the_wait()
    {
        SkipUnless(Store.Capabilities.NoticesChanges, Deaf);
        var made = await MakeAsync(NewRow("daily"));
        var other = await OpenQuietAsync();
        var wait = other.WaitForChangeAsync(Token);

        await ChangeAsync(made, Now);

        await AssertEndsAsync(wait);
    }

    [Case]
    public async Task What_a_schedule_starts_elsewhere_ends_the_wait()
    {
        SkipUnless(Store.Capabilities.NoticesChanges, Deaf);
        var made = await MakeAsync(NewRow("daily"));
        var other = await OpenQuietAsync();
        var wait = other.WaitForChangeAsync(Token);

        await ApplyAsync(Change(made, NewRow("daily") with { DueAt = Instant.Never }) with
        {
            Operations = [NewStart()],
        });

        await AssertEndsAsync(wait);
    }

    [Case]
    public async Task Several_waits_end_together()
    {
        SkipUnless(Store.Capabilities.NoticesChanges, Deaf);
        var (one, two) = (await OpenQuietAsync(), await OpenQuietAsync());
        Task[] waits = [one.WaitForChangeAsync(Token), two.WaitForChangeAsync(Token)];

        await StartAsync();

        await AssertEndsAsync(Task.WhenAll(waits));
    }

    [Case]
    public async Task Cancelling_ends_the_wait_by_an_exception()
    {
        var other = await OpenQuietAsync();
        for (var tries = 0; tries < 5; tries++) // A wait may also end for no reason, so one of them has to tell.
        {
            using var source = new CancellationTokenSource();
            var wait = other.WaitForChangeAsync(source.Token);
            await source.CancelAsync();
            await Task.WhenAny(wait);
            if (wait.IsCanceled)
            {
                return;
            }
        }

        Assert.Fail("A wait that was cancelled never ended by an exception.");
    }

    /// <summary>Opens another store, and lets it notice all that has happened before.</summary>
    private async Task<IWorkflowStore> OpenQuietAsync()
    {
        var store = await Harness.OpenAsync();
        using var source = new CancellationTokenSource();
        var wait = store.WaitForChangeAsync(source.Token);
        await source.CancelAsync();
        try
        {
            await wait;
        }
        catch (OperationCanceledException)
        {
            // It had nothing to tell.
        }

        return store;
    }

    /// <summary>The wait ends, though the store may poll by the clock that it was given.</summary>
    private async Task AssertEndsAsync(Task wait)
    {
        for (var i = 0; i < 1000 && !wait.IsCompleted; i++)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.WhenAny(wait, wait.WaitAsync(TimeSpan.FromMilliseconds(30), Token));
        }

        Assert.True(wait.IsCompletedSuccessfully, "The wait did not end.");
    }
}
