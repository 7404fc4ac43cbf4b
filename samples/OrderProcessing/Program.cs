using Hydra;
using OrderProcessing;
using Samples;

const string About = """
    Four orders: one is shipped, the others cannot be, and what was done for them is undone. Stop it or kill it at any
    time and run it again.
    """;

return await Sample.RunAsync(
    args,
    About,
    database: "order-processing.db",
    (hydra, world) => hydra.AddWorkflow(
        _ => new ProcessOrder(new Warehouse(world), new Bank(world), new Carrier(world), new Mailer(world)),
        options: ProcessOrder.Options),
    async (client, cancellation) =>
    {
        Order[] orders =
        [
            new("A-1", "ada", "lamp", Quantity: 2, Price: 24.90m, "London"),
            new("A-2", "bob", "lamp", Quantity: 1, Price: 24.90m, "Paris"), // His card is declined.
            new("A-3", "cleo", "desk", Quantity: 1, Price: 310m, "Atlantis"), // No carrier goes there.
            new("A-4", "dan", "desk", Quantity: 99, Price: 310m, "Oslo"), // So many are not in stock.
        ];

        // The number as the key makes the start idempotent: run again, this gives the executions of the first time.
        var executions = await client.Workflow<ProcessOrder>().StartAllAsync(
            orders, order => new() { Key = order.Number }, cancellation);
        await Story.TellAsync(
            orders.Zip(executions, (order, execution) => (order.Number, (ExecutionHandle)execution)), cancellation);

        foreach (var (order, execution) in orders.Zip(executions))
        {
            // Somebody may have cancelled it, which is no result.
            var state = await execution.WaitAsync(cancellation);
            Console.WriteLine(state == ExecutionState.Completed
                ? (await execution.ResultAsync(cancellation)).ToString()
                : $"{order.Number} ended as {state.ToString().ToLowerInvariant()}.");
        }
    });
