using Hydra;

namespace Billing;

/// <summary>Measures and prices at once, grants a discount, makes a PDF if it can, and sends the bill.</summary>
public sealed class BillCustomer(Meter meter, Renderer renderer, Post post) : IWorkflow<Account, BillResult>
{
    // A PDF is worth some tries; waiting for one for ever is not.
    private static readonly StepOptions Render = new()
    {
        Timeout = TimeSpan.FromSeconds(10),
        Retry = new RetryPolicy { MaxAttempts = 3, Backoff = TimeSpan.FromMilliseconds(300) },
    };

    public async Task<BillResult> RunAsync(WorkflowContext context, Account account)
    {
        if (account.Plan < 0)
        {
            throw new NonRetryableException($"The plan of {account.Customer} has a negative price.");
        }

        // Both at once: two tasks, as anywhere in C#.
        var measuring = context.StepAsync("fetch-usage", account, meter.ReadAsync);
        var pricing = context.StepAsync("calculate-plan", account, static (one, _) => Task.FromResult(one.Plan));
        var (usage, plan) = (await measuring, await pricing);

        // Plain code between steps runs again on each replay, and gives the same.
        var discount = plan >= 100 ? decimal.Round((plan + usage) / 10, 2) : 0;
        var bill = new Bill(account.Customer, account.Month, plan, usage, discount);

        string? file = null;
        try
        {
            file = await context.StepAsync("render-pdf", bill, renderer.RenderAsync, Render);
        }
        catch (StepFailedException)
        {
            // The bill goes out as text. That it does is recorded: a replay does not try the PDF again.
        }

        var sent = await context.StepAsync("send", new Letter(bill, file), post.SendAsync);
        await context.StepAsync("set-status", bill, post.SetBilledAsync);
        return new BillResult(account.Customer, bill.Total, sent);
    }
}
