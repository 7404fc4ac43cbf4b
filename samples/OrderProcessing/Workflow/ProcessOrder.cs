using Hydra;

namespace OrderProcessing;

/// <summary>Reserves, charges and ships; what cannot be finished is undone, the last first.</summary>
/// <remarks>
/// There is no saga to configure: the undoing is kept in a stack and run in a catch block. Both are ordinary variables
/// and ordinary code, and they survive kill -9, because the code runs again over what is recorded and comes to the same
/// stack.
/// </remarks>
public sealed class ProcessOrder(Warehouse warehouse, Bank bank, Carrier carrier, Mailer mailer)
    : IWorkflow<Order, OrderResult>
{
    // Undoing is tried for hours. If that fails too the execution fails, with the reason, for somebody to look at.
    private static readonly StepOptions Stubborn = new() { Retry = new RetryPolicy { MaxAttempts = 50 } };

    /// <summary>How its steps are tried again.</summary>
    public static WorkflowOptions Options { get; } = new()
    {
        StepRetry = new RetryPolicy { MaxAttempts = 4, Backoff = TimeSpan.FromMilliseconds(500) },
    };

    public async Task<OrderResult> RunAsync(WorkflowContext context, Order order)
    {
        var undo = new Stack<Func<Task>>();
        string parcel;
        try
        {
            // The undoing is noted before the step: a charge that failed may have taken the money all the same, if only
            // its answer was lost. So it goes by the order's number, and finds out itself whether there is anything.
            undo.Push(() => context.StepAsync("release-stock", order.Number, warehouse.ReleaseAsync, Stubborn));
            await context.StepAsync("reserve-stock", order, warehouse.ReserveAsync);

            undo.Push(() => context.StepAsync("refund", order.Number, bank.RefundAsync, Stubborn));
            await context.StepAsync("charge", order, bank.ChargeAsync);

            undo.Push(() => context.StepAsync("recall-parcel", order.Number, carrier.RecallAsync, Stubborn));
            parcel = await context.StepAsync("ship", order, carrier.ShipAsync);
        }
        catch (StepFailedException e)
        {
            await UndoAsync(e.Failure.Message);
            return new OrderResult(order.Number, "cancelled", e.Failure.Message);
        }
        catch (OperationCanceledException) // Somebody has cancelled the execution, by `hydra cancel` say.
        {
            await UndoAsync("You have cancelled it.");
            throw;
        }

        // From here on nothing is undone: an order whose confirmation cannot be sent is shipped all the same.
        await context.StepAsync("confirm", new Mail(order, $"{parcel} is on its way."), mailer.SendAsync);
        return new OrderResult(order.Number, "shipped", parcel);

        async Task UndoAsync(string reason)
        {
            while (undo.TryPop(out var undoNext))
            {
                await undoNext();
            }

            await context.StepAsync("apologise", new Mail(order, $"We are sorry: {reason}"), mailer.SendAsync);
        }
    }
}
