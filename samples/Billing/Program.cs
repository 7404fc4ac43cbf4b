using Billing;
using Hydra;
using Samples;

const string About = """
    Three bills: one is easy, of one the PDF is made at the second try, and of one never, so that it goes out as text.
    Stop it or kill it at any time and run it again.
    """;

return await Sample.RunAsync(
    args,
    About,
    database: "billing.db",
    (hydra, world) => hydra.AddWorkflow(
        _ => new BillCustomer(new Meter(world), new Renderer("invoices"), new Post(world))),
    async (client, cancellation) =>
    {
        Account[] accounts =
        [
            new("ada", Plan: 20m, "November"),
            new("bob", Plan: 20m, "November"), // Making his PDF fails at first.
            new("cleo", Plan: 200m, "November"), // Hers cannot be made at all.
        ];

        // Customer and month as the key make the start idempotent: nobody is billed twice for a month.
        var executions = await client.Workflow<BillCustomer>().StartAllAsync(
            accounts, account => new() { Key = $"{account.Customer}/{account.Month}" }, cancellation);
        await Story.TellAsync(
            accounts.Zip(executions, (account, execution) => (account.Customer, (ExecutionHandle)execution)),
            cancellation);

        foreach (var execution in executions)
        {
            Console.WriteLine(await execution.ResultAsync(cancellation));
        }
    });
