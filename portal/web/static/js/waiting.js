// The waiting room asks again every 10 seconds.
setTimeout(() => location.reload(), 10000);
